// Toasts: from the server by <hx-partial hx-target="#toasts">, by the header HX-Trigger: {"toast": {"text", "tone", "undo", "kind"}}, or toast() here.
// undo is {url, label, values}: a button that posts the values there. Ctrl+Z presses the newest one. A toast takes the place of one of its kind.
import { post, posting } from "./requests.js";

const host = () => document.getElementById("toasts");

export function toast(message, tone = "ok", { undo, kind } = {}) {
  if (kind)
    host()
      ?.querySelectorAll(`[data-kind="${kind}"]`)
      .forEach((other) => other.remove());
  const box = document.createElement("div");
  box.className = `toast toast-${tone}`;
  box.setAttribute("role", tone === "danger" ? "alert" : "status");
  box.dataset.toast = tone;
  box.innerHTML =
    '<svg class="icon" aria-hidden="true"><use/></svg><div class="toast-text"></div><button class="button button-icon button-ghost button-small" type="button" data-dismiss aria-label="Dismiss"><svg class="icon" aria-hidden="true"><use/></svg></button>';
  const sprite = document.querySelector('.icon use[href*="icons.svg"]')?.getAttribute("href").split("#")[0] ?? "";
  const [mark, cross] = box.querySelectorAll("use");
  mark.setAttribute(
    "href",
    `${sprite}#${{ ok: "check", info: "bell", warn: "triangle-alert", danger: "circle-alert" }[tone]}`,
  );
  cross.setAttribute("href", `${sprite}#x`);
  box.querySelector(".toast-text").textContent = message;
  if (kind) box.dataset.kind = kind;
  if (undo) box.querySelector(".toast-text").after(undoing(undo));
  host()?.append(box);
}

function undoing({ url, label, values }) {
  const button = document.createElement("button");
  button.className = "button button-ghost button-small";
  button.type = "button";
  button.dataset.undo = "";
  button.textContent = label ?? "Undo";
  button.addEventListener("click", () => {
    button.closest(".toast").remove();
    post(url, values);
  });
  return button;
}

let undoNext = -Infinity;
document.addEventListener("toast", ({ detail }) =>
  toast(detail.text ?? detail.message ?? detail.value, detail.tone, detail),
);
document.addEventListener("keydown", (event) => {
  if (
    event.key !== "z" ||
    !(event.ctrlKey || event.metaKey) ||
    event.shiftKey ||
    event.target.matches?.("input, textarea, [contenteditable]")
  )
    return;
  if (posting()) {
    event.preventDefault();
    undoNext = performance.now();
    return;
  } // that deed is meant, not the one before
  const last = [...(host()?.querySelectorAll("[data-undo]") ?? [])].pop();
  if (last) {
    event.preventDefault();
    last.click();
  }
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-dismiss]")) setTimeout(() => event.target.closest(".toast")?.remove());
});

// One that was made by the server for the page after the deed has its way back as a form.
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  if (ctx.response?.status < 400) ctx.sourceElement?.closest?.("[data-toast]")?.remove();
});

function watch(box) {
  if (!(box instanceof Element) || !box.matches("[data-toast]")) return;
  while (host().children.length > 4) host().firstElementChild.remove();
  if (box.dataset.toast === "danger") return;
  const undo = box.querySelector("[data-undo]");
  if (undo && performance.now() - undoNext < 5000) {
    undoNext = -Infinity;
    undo.click();
    return;
  }
  let left = setTimeout(() => box.remove(), 6000);
  box.addEventListener("pointerenter", () => clearTimeout(left));
  box.addEventListener("pointerleave", () => {
    left = setTimeout(() => box.remove(), 2000);
  });
}
if (host()) {
  [...host().children].forEach(watch);
  new MutationObserver((records) => records.forEach((record) => record.addedNodes.forEach(watch))).observe(host(), {
    childList: true,
  });
}
