"""Script injection strings of all known classes: several hundred, combined from our own parts.

Every one calls `helix_injected(...)`, so that a browser test can define that function and see whether it was called.
"""

from itertools import product

CALL = "helix_injected(1)"
TAGS = (
    "img src=x",
    "svg",
    "body",
    "video src=x",
    "audio src=x",
    "details open",
    "input autofocus",
    "iframe",
    "math",
    "p",
)
EVENTS = ("onerror", "onload", "onmouseover", "onfocus", "ontoggle", "onbegin", "onanimationstart", "onpointerenter")
SCHEMES = (
    "javascript:",
    "JaVaScRiPt:",
    "java\tscript:",
    "java\nscript:",
    "\x01javascript:",
    " javascript:",
    "javascript&colon;",
    "&#106;avascript:",
    "&#x6A;avascript&#x3A;",
    "javascript%3A",
    "vbscript:",
    "livescript:",
    "view-source:javascript:",
    "data:text/html,<script>parent.",
    "data:text/html;base64,PHNjcmlwdD4=#",
    "data:image/svg+xml,<svg onload=",
    "//javascript:",
    "feed:javascript:",
    "blob:javascript:",
    "http:javascript:",
)
AROUND_ADDRESS = (
    "[x]({0})",
    "[x](<{0}>)",
    "![x]({0})",
    "<{0}>",
    "[x]: {0}\n\n[x]",
    '<a href="{0}">x</a>',
    "<a href='{0}' >x</a>",
    "<form action={0}><button>x",
    "<iframe src={0}>",
    '[![x]({0})]({0} "{0}")',
    "{0}",
)
AROUND_MARKUP = (
    "{0}",
    "`{0}",
    "```{0}\nx\n```",
    "```html\n{0}\n```",
    "# {0}",
    "|{0}|\n|-|\n|{0}|",
    "- [ ] {0}",
    "[{0}](https://example.org)",
    '[x](https://example.org "{0}")',
    "![{0}](/files/1)",
    "</p></div></textarea></title>{0}",
    "\"'>{0}",
)
HAND_MADE = (
    f"<script>{CALL}</script>",
    f"<ScRiPt>{CALL}</sCrIpT>",
    f"<script/src=data:,{CALL}>",
    f"<<script>{CALL}//<</script>",
    f"<scr<script>ipt>{CALL}</scr</script>ipt>",
    f"<script\n>{CALL}</script\n>",
    f"<!--><script>{CALL}</script>-->",
    f"<![CDATA[<script>{CALL}</script>]]>",
    f"<?xml <script>{CALL}</script>",
    f"&lt;script&gt;{CALL}&lt;/script&gt;",
    f"&amp;lt;script&amp;gt;{CALL}",
    f"\uff1cscript\uff1e{CALL}\uff1c/script\uff1e",
    f"\x00<script>{CALL}</script>",
    f"<svg><script>{CALL}</script></svg>",
    f"<svg><animate onbegin={CALL} attributeName=x dur=1s>",
    f"<svg><set attributeName=href to=javascript:{CALL}><a><text>x</text></a>",
    f"<svg><use href='data:image/svg+xml,<svg id=x onload={CALL}>#x'/>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={CALL}>",
    f"<noscript><p title='</noscript><img src=x onerror={CALL}>'>",
    f"<style>@import 'javascript:{CALL}';</style>",
    f'<p style="background:url(javascript:{CALL})">x</p>',
    f"<meta http-equiv=refresh content='0;url=javascript:{CALL}'>",
    f"<link rel=stylesheet href=javascript:{CALL}>",
    f"<base href=javascript:{CALL}//>",
    f"<object data=javascript:{CALL}></object>",
    f"<embed src=javascript:{CALL}>",
    f"<template><script>{CALL}</script></template>",
    f"<p hx-on:load='{CALL}' hx-get=/x hx-trigger=load>x</p>",
    f"<p hx-vals='js:{{a:{CALL}}}' hx-get=/x hx-trigger=load>x</p>",
    f"{{{{ self._TemplateReference__context }}}} {{% print {CALL} %}}",
    f"${{{CALL}}} #{{{CALL}}} <%= {CALL} %>",
    f"';{CALL};//",
    f'";{CALL};//',
    f"`;{CALL};//",
    f"\\';{CALL}//",
    f"</script><script>{CALL}</script>",
    f"]]></script><script>{CALL}</script>",
    f"\u2028{CALL}\u2029",
    f"\u202e<script>{CALL}</script>",
    f"<a href=javas&Tab;cript:{CALL}>x</a>",
    f'<a href="https://example.org" onclick={CALL}>x</a>',
    f"<x onclick={CALL} tabindex=1 autofocus onfocus={CALL}>x</x>",
    f'[x](https://example.org"onmouseover={CALL})',
    f"[x](https://example.org 'x\" onmouseover={CALL} y=\"')",
    f'https://example.org/"onmouseover={CALL}//',
    f'<https://example.org/"onmouseover={CALL}>',
    f'```x"onmouseover={CALL}\ny\n```',
    f"@<img src=x onerror={CALL}>",
)


def injections() -> list[str]:
    """All of them, each once, always in the same order."""
    addresses = [around.replace("{0}", scheme + CALL) for around, scheme in product(AROUND_ADDRESS, SCHEMES)]
    markup = [f"<{tag} {event}={CALL}>" for tag, event in product(TAGS, EVENTS)]
    slashed = [f"<{tag.replace(' ', '/')}/{event}='{CALL}'//" for tag, event in product(TAGS, EVENTS)]
    wrapped = [around.replace("{0}", text) for around, text in product(AROUND_MARKUP, HAND_MADE[:20])]
    return list(dict.fromkeys([*HAND_MADE, *addresses, *markup, *slashed, *wrapped]))
