// Toasts: from the server by <hx-partial hx-target="#toasts"> or the header HX-Trigger: {"toast": {"text", "tone", "undo", "action", "kind"}}, or toast() here.
// undo and action are {url, label, values}: buttons that post the values. Ctrl+Z presses the newest one. A toast replaces an earlier one of its kind.
import { eventElement, required } from "./elements.js";
import { isPosting, post } from "./requests.js";

/** @type {Record<string, string>} */
const ICONS = { ok: "check", info: "bell", warn: "triangle-alert", danger: "circle-alert" };

const toasts = document.getElementById("toasts");

/**
 * @param {string} message
 * @param {string} [tone] ok, info, warn or danger
 * @param {ToastOptions} [options]
 */
export function toast(message, tone = "ok", { undo, action, kind } = {}) {
  if (kind) for (const other of toasts?.querySelectorAll(`[data-kind="${kind}"]`) ?? []) other.remove();
  const box = document.createElement("div");
  box.className = `toast toast-${tone}`;
  box.setAttribute("role", tone === "danger" ? "alert" : "status");
  box.dataset.toast = tone;
  box.innerHTML =
    '<svg class="icon" aria-hidden="true"><use/></svg><div class="toast-text"></div><button class="button button-icon button-ghost button-small" type="button" data-dismiss aria-label="Dismiss"><svg class="icon" aria-hidden="true"><use/></svg></button>';
  const sprite = document.querySelector('.icon use[href*="icons.svg"]')?.getAttribute("href")?.split("#")[0] ?? "";
  required(":scope > .icon use", box).setAttribute("href", `${sprite}#${ICONS[tone]}`);
  required("[data-dismiss] use", box).setAttribute("href", `${sprite}#x`);
  const text = required(".toast-text", box);
  text.textContent = message;
  if (kind) box.dataset.kind = kind;
  if (undo) text.after(postButton(undo, true));
  if (action) text.after(postButton(action, false));
  toasts?.append(box);
}

/**
 * @param {NonNullable<ToastOptions["undo"]>} button
 * @param {boolean} isUndo Ctrl+Z presses it
 */
function postButton({ url, label, values }, isUndo) {
  const button = document.createElement("button");
  button.className = "button button-ghost button-small";
  button.type = "button";
  if (isUndo) button.dataset.undo = "";
  button.textContent = label ?? "Undo";
  button.addEventListener("click", () => {
    button.closest(".toast")?.remove();
    post(url, values);
  });
  return button;
}

let undoRequestedAt = -Infinity;
document.addEventListener("toast", ({ detail }) =>
  toast(detail.text ?? detail.message ?? detail.value ?? "", detail.tone, detail),
);
document.addEventListener("keydown", (event) => {
  if (
    event.key !== "z" ||
    !(event.ctrlKey || event.metaKey) ||
    event.shiftKey ||
    eventElement(event)?.matches("input:not([type=checkbox], [type=radio]), textarea, [contenteditable]")
  )
    return;
  if (isPosting()) {
    event.preventDefault();
    undoRequestedAt = performance.now();
    return;
  } // undo the pending action, not the one before
  const last = [...(toasts?.querySelectorAll("[data-undo]") ?? [])].pop();
  if (last) {
    event.preventDefault();
    last.click();
  }
});
document.addEventListener("click", (event) => {
  const dismissed = eventElement(event)?.closest("[data-dismiss]")?.closest(".toast");
  if (dismissed) setTimeout(() => dismissed.remove());
});

// A toast rendered by the server has its undo as a form: remove it after a successful request.
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  if (ctx.response && ctx.response.status < 400) ctx.sourceElement?.closest?.("[data-toast]")?.remove();
});

/** @param {Node} box */
function prepareToast(box) {
  if (!(box instanceof HTMLElement) || !box.matches("[data-toast]")) return;
  const { kind } = box.dataset;
  if (kind)
    for (const other of toasts?.querySelectorAll(`[data-kind="${kind}"]`) ?? []) if (other !== box) other.remove();
  while (toasts && toasts.children.length > 4) toasts.firstElementChild?.remove();
  if (box.dataset.toast === "danger") return;
  const undo = box.querySelector("[data-undo]");
  if (undo && performance.now() - undoRequestedAt < 5000) {
    undoRequestedAt = -Infinity;
    undo.click();
    return;
  }
  let left = setTimeout(() => box.remove(), undo ? 10_000 : 6000);
  box.addEventListener("pointerenter", () => clearTimeout(left));
  box.addEventListener("pointerleave", () => {
    left = setTimeout(() => box.remove(), 2000);
  });
}
if (toasts) {
  for (const box of toasts.children) prepareToast(box);
  const added = new MutationObserver((records) => {
    for (const record of records) for (const node of record.addedNodes) prepareToast(node);
  });
  added.observe(toasts, { childList: true });
}
