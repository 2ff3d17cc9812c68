// A box for a time zone: its list is fetched when somebody goes there, and the browser's own zone is proposed.
import { eventElement } from "./elements.js";

let isLoaded = false;

document.addEventListener("focusin", async (event) => {
  const list = document.getElementById("time-zones");
  if (isLoaded || !list || !eventElement(event)?.matches('input[list="time-zones"]')) return;
  isLoaded = true;
  try {
    const answer = await fetch("/time-zones");
    if (answer.ok) list.innerHTML = await answer.text();
    else isLoaded = false;
  } catch {
    isLoaded = false; // offline: the next visit tries again, and a name can be typed
  }
});

/** @param {ParentNode} root */
function propose(root) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  /** @type {HTMLInputElement | null} */
  const box = root.querySelector("input[data-zone]");
  if (!zone || !box || box.dataset.proposed !== undefined) return;
  box.dataset.proposed = "";
  if (box.dataset.zone === "guess") {
    if (box.value === box.defaultValue && box.value === "UTC") box.value = zone;
    return;
  }
  if (box.value === zone || box.placeholder.includes(`(${zone})`)) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-ghost button-small field-offer";
  button.textContent = `Use ${zone}, as this browser`;
  button.addEventListener("click", () => {
    box.value = zone;
    button.remove();
  });
  box.after(button);
}
propose(document);
document.addEventListener("htmx:after:swap", () => propose(document));
