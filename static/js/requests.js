// Glue for htmx: CSRF header, progress line, errors as toasts, 401 to the sign-in page, confirmation dialogs.
import { required } from "./elements.js";
import { allowResubmit } from "./form-submit-once.js";
import { toast } from "./toasts.js";

/** The CSRF token of this page. */
export const csrfToken = () => document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
let pending = 0;

export function signIn() {
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
}

let pendingPosts = 0;
/** Is a post of this page pending? */
export const isPosting = () => pendingPosts > 0;

/**
 * Posts a form of plain values as htmx would; shows the server's sentence when it refuses.
 * @param {string} url
 * @param {Values} values
 */
export async function post(url, values = {}) {
  const fields = Object.entries(values).flatMap(([name, value]) => (value == null ? [] : [[name, String(value)]]));
  showLoading(true);
  pendingPosts += 1;
  try {
    const response = await fetch(url, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: {
        "X-CSRFToken": csrfToken(),
        "HX-Request": "true",
        "HX-Request-Type": "partial",
        "HX-Current-URL": location.href,
      },
    });
    const html = await response.text();
    if (response.status === 401) signIn();
    else if (!response.ok) toast(errorMessage(html, response.status), "danger");
    dispatchTriggers(response.headers.get("HX-Trigger"));
    return { ok: response.ok, status: response.status, html };
  } catch {
    toast("The server cannot be reached. Nothing was changed; try again in a moment.", "danger");
    return { ok: false, status: 0, html: "" };
  } finally {
    pendingPosts -= 1;
    showLoading(false);
  }
}

/**
 * Dispatches the events that the header `HX-Trigger` names.
 * @param {string | null} header
 */
function dispatchTriggers(header) {
  if (!header) return;
  try {
    for (const [name, detail] of Object.entries(JSON.parse(header)))
      document.body.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  } catch {
    for (const name of header.split(",")) document.body.dispatchEvent(new CustomEvent(name.trim(), { bubbles: true }));
  }
}

/**
 * The text of a refusal: `detail` of a JSON body, a short plain text, or a general sentence.
 * @param {string | undefined} body
 * @param {number} status
 */
export function errorMessage(body, status) {
  const text = (body ?? "").trim();
  try {
    const detail = JSON.parse(text).detail;
    if (typeof detail === "string") return detail;
    if (Array.isArray(detail)) return detail.map((/** @type {{ msg: string }} */ problem) => problem.msg).join(" ");
  } catch {
    /* no JSON: handled as text below */
  }
  if (text && text.length < 400 && !text.startsWith("<")) return text;
  return status >= 500
    ? "Something went wrong on our side. Try again in a moment."
    : "That was refused. Reload the page and try again.";
}

/** @param {boolean} on */
export function showLoading(on) {
  pending = Math.max(0, pending + (on ? 1 : -1));
  document.documentElement.classList.toggle("is-loading", pending > 0);
}

const background = new WeakSet();
document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  if ((ctx.request.method ?? "GET").toUpperCase() !== "GET") ctx.request.headers["X-CSRFToken"] = csrfToken();
});
document.addEventListener("htmx:before:request", (event) => {
  // Requests that the page makes by itself after an event do not show the progress line.
  if (event.detail.ctx.sourceEvent?.type?.startsWith("helix:")) background.add(event.detail.ctx);
  else showLoading(true);
});
document.addEventListener("htmx:finally:request", (event) => {
  if (!background.has(event.detail.ctx)) showLoading(false);
});
document.addEventListener("htmx:response:error", (event) => {
  const { response, text, hx } = /** @type {HtmxContext} */ (event.detail.ctx);
  if (!response) return;
  if (response.status === 401) {
    if (!hx?.redirect) signIn();
    return;
  }
  if (response.status === 422 || hx?.trigger?.includes("toast") || text?.trimStart().startsWith("<dialog")) return;
  if (background.has(event.detail.ctx)) return;
  toast(errorMessage(text, response.status), "danger");
});
document.addEventListener("htmx:error", (event) => {
  const { ctx } = event.detail;
  if (ctx && !background.has(ctx))
    toast("The server cannot be reached. What you typed is kept; try again in a moment.", "danger");
});

/**
 * Asks in a dialog; true when the person confirms.
 * @param {string} question
 * @returns {Promise<boolean>}
 */
export function confirmAction(question) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-label", question);
  dialog.innerHTML =
    '<form method="dialog"><div class="dialog-body"><h2></h2></div><footer class="dialog-foot"><button class="button button-ghost" value="no">Cancel</button><button class="button button-danger" value="yes" autofocus>Yes, go on</button></footer></form>';
  required("h2", dialog).textContent = question;
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
  const { issueRequest, dropRequest } = event.detail;
  const ctx = /** @type {HtmxContext} */ (event.detail.ctx);
  if (!ctx.confirm) return;
  event.preventDefault();
  if (await confirmAction(ctx.confirm)) return issueRequest();
  if (ctx.sourceElement instanceof HTMLFormElement) allowResubmit(ctx.sourceElement);
  dropRequest();
});
