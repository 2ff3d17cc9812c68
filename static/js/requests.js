// Glue for htmx: the CSRF header, the progress line, errors as toasts, 401 to the sign-in page, confirmation in our own dialog.
import { release } from "./once.js";
import { toast } from "./toasts.js";

const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
let underWay = 0;

export function signIn() {
  location.assign("/sign-in?next=" + encodeURIComponent(location.pathname + location.search));
}

let deeds = 0;
/** Is a deed of this page on its way? */
export const posting = () => deeds > 0;

/** Posts a form of plain values as htmx would. Gives {ok, status, html}; shows the server's sentence when it was refused. */
export async function post(url, values = {}) {
  loading(true);
  deeds += 1;
  try {
    const response = await fetch(url, {
      method: "POST",
      body: new URLSearchParams(Object.entries(values).filter(([, value]) => value != null)),
      headers: {
        "X-CSRFToken": token(),
        "HX-Request": "true",
        "HX-Request-Type": "partial",
        "HX-Current-URL": location.href,
      },
    });
    const html = await response.text();
    if (response.status === 401) signIn();
    else if (!response.ok) toast(sentence(html, response.status), "danger");
    announce(response.headers.get("HX-Trigger"));
    return { ok: response.ok, status: response.status, html };
  } catch {
    toast("The server cannot be reached. Nothing was changed; try again in a moment.", "danger");
    return { ok: false, status: 0, html: "" };
  } finally {
    deeds -= 1;
    loading(false);
  }
}

function announce(header) {
  if (!header) return;
  try {
    for (const [name, detail] of Object.entries(JSON.parse(header)))
      document.body.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  } catch {
    for (const name of header.split(",")) document.body.dispatchEvent(new CustomEvent(name.trim(), { bubbles: true }));
  }
}

/** The words of a refusal: `detail` of a JSON body, a short plain text, or a general sentence. */
export function sentence(body, status) {
  const text = (body ?? "").trim();
  try {
    const detail = JSON.parse(text).detail;
    if (typeof detail === "string") return detail;
    if (Array.isArray(detail)) return detail.map((problem) => problem.msg).join(" ");
  } catch {
    /* no JSON: judged as text below */
  }
  if (text && text.length < 400 && !text.startsWith("<")) return text;
  return status >= 500
    ? "Something went wrong on our side. Try again in a moment."
    : "That was refused. Reload the page and try again.";
}

export function loading(on) {
  underWay = Math.max(0, underWay + (on ? 1 : -1));
  document.documentElement.classList.toggle("is-loading", underWay > 0);
}

const quiet = new WeakSet();
document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  if ((ctx.request.method ?? "GET").toUpperCase() !== "GET") ctx.request.headers["X-CSRFToken"] = token();
});
document.addEventListener("htmx:before:request", (event) => {
  // What the page asks by itself after an event moves no progress line.
  if (event.detail.ctx.sourceEvent?.type?.startsWith("helix:")) quiet.add(event.detail.ctx);
  else loading(true);
});
document.addEventListener("htmx:finally:request", (event) => {
  if (!quiet.has(event.detail.ctx)) loading(false);
});
document.addEventListener("htmx:response:error", (event) => {
  const { response, text, hx } = event.detail.ctx;
  if (response.status === 401) {
    if (!hx?.redirect) signIn();
    return;
  }
  if (response.status === 422 || hx?.trigger?.includes("toast") || text?.trimStart().startsWith("<dialog")) return;
  if (quiet.has(event.detail.ctx)) return;
  toast(sentence(text, response.status), "danger");
});
document.addEventListener("htmx:error", (event) => {
  const { ctx } = event.detail;
  if (ctx && !quiet.has(ctx))
    toast("The server cannot be reached. What you typed is kept; try again in a moment.", "danger");
});

/** Asks in a dialog of ours; true when the person goes on. */
export function ask(question) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-label", question);
  dialog.innerHTML =
    '<form method="dialog"><div class="dialog-body"><h2></h2></div><footer class="dialog-foot"><button class="button button-ghost" value="no">Cancel</button><button class="button button-danger" value="yes" autofocus>Yes, go on</button></footer></form>';
  dialog.querySelector("h2").textContent = question;
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((answer) =>
    dialog.addEventListener("close", () => {
      answer(dialog.returnValue === "yes");
      dialog.remove();
    }),
  );
}
document.addEventListener("htmx:confirm", async (event) => {
  const { ctx, issueRequest, dropRequest } = event.detail;
  if (!ctx.confirm) return;
  event.preventDefault();
  if (await ask(ctx.confirm)) return issueRequest();
  release(ctx.sourceElement);
  dropRequest();
});
