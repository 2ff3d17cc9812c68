// Toasts: from the server by <hx-partial hx-target="#toasts">, by the header HX-Trigger: {"toast": {"message", "tone"}}, or toast() here.
const host = () => document.getElementById("toasts");

export function toast(message, tone = "ok") {
  const box = document.createElement("div");
  box.className = `toast toast-${tone}`;
  box.setAttribute("role", tone === "danger" ? "alert" : "status");
  box.dataset.toast = tone;
  box.innerHTML = '<svg class="icon" aria-hidden="true"><use/></svg><div class="toast-text"></div><button class="button button-icon button-ghost button-small" type="button" data-dismiss aria-label="Dismiss"><svg class="icon" aria-hidden="true"><use/></svg></button>';
  const sprite = document.querySelector('.icon use[href*="icons.svg"]')?.getAttribute("href").split("#")[0] ?? "";
  const [mark, cross] = box.querySelectorAll("use");
  mark.setAttribute("href", `${sprite}#${{ ok: "check", info: "bell", warn: "triangle-alert", danger: "circle-alert" }[tone]}`);
  cross.setAttribute("href", `${sprite}#x`);
  box.querySelector(".toast-text").textContent = message;
  host()?.append(box);
}

document.addEventListener("toast", (event) => toast(event.detail.message ?? event.detail.value, event.detail.tone));
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-dismiss]")) setTimeout(() => event.target.closest(".toast")?.remove());
});

function watch(box) {
  if (!(box instanceof Element) || !box.matches("[data-toast]")) return;
  while (host().children.length > 4) host().firstElementChild.remove();
  if (box.dataset.toast === "danger") return;
  let left = setTimeout(() => box.remove(), 6000);
  box.addEventListener("pointerenter", () => clearTimeout(left));
  box.addEventListener("pointerleave", () => { left = setTimeout(() => box.remove(), 2000); });
}
if (host()) {
  [...host().children].forEach(watch);
  new MutationObserver((records) => records.forEach((record) => record.addedNodes.forEach(watch))).observe(host(), { childList: true });
}
