// For looks.py: evaluated in the open page.
var CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary";

// Bytes on the wire by kind; what came out of the cache counts as well.
var weight = () => {
  const kind = (path) => (path.endsWith(".js") ? "script" : path.endsWith(".css") ? "style" : "other");
  const found = { page: performance.getEntriesByType("navigation")[0].encodedBodySize, script: 0, style: 0, other: 0 };
  for (const one of performance.getEntriesByType("resource")) found[kind(new URL(one.name).pathname)] += one.encodedBodySize;
  return found;
};

// Where one would press one control and meet another. What is only scrolled under something is brought out first, and what
// lies under a panel that fills the window is not meant to be met.
var covered = () => {
  const said = (one) => (one.getAttribute("aria-label") || one.textContent.trim() || one.name || one.tagName).slice(0, 40);
  const seen = (one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const meets = (one) => {
    const box = one.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
    if (!box.width || y < 0 || y > innerHeight || x < 0 || x > innerWidth) return null;
    const met = document.elementFromPoint(x, y)?.closest(CONTROLS);
    return !met || met.contains(one) || one.contains(met) ? null : met;
  };
  const over = document.querySelector("dialog[open], [popover]:popover-open") ?? document.querySelector("#task-panel") ?? document;
  return [...over.querySelectorAll(CONTROLS)].filter(seen).flatMap((one) => {
    if (!meets(one)) return [];
    one.scrollIntoView({ block: "center", behavior: "instant" });
    const met = meets(one);
    return met ? [`${said(met)} lies over ${said(one)}`] : [];
  });
};

// What no page of ours has, and what somebody's words would have made: handlers, scripts, frames, addresses that run.
var foreign = () => {
  const bare = (address) => address.replace(/[\0-\x20]/g, ""); // as a browser reads a scheme
  const runs = /^(javascript|vbscript|livescript|data|blob|view-source|feed):/i;
  const found = [];
  for (const one of document.querySelectorAll("*")) {
    const tag = one.tagName.toLowerCase(), written = !!one.closest(".prose");
    if (["iframe", "object", "embed", "base", "math", "template", "style"].includes(tag)) found.push(`<${tag}>`);
    if (tag === "script" && new URL(one.src || "x:").origin !== location.origin) found.push("a script");
    if (tag === "meta" && one.httpEquiv) found.push("<meta http-equiv>");
    for (const { name, value } of one.attributes) {
      if (name.startsWith("on") || (written && /^(hx-|data-hx|style)/.test(name))) found.push(`${tag} ${name}="${value}"`);
      if (/^(href|src|action|formaction|xlink:href|srcdoc|data)$/.test(name) && runs.test(bare(value))) found.push(`${tag} ${name}="${value}"`);
    }
  }
  return found.slice(0, 5).map((words) => words.slice(0, 200));
};
