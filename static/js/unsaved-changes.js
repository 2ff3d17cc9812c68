// A form[data-unsaved] says in its .unsaved-mark that something in it is not saved yet.
import { eventElement } from "./elements.js";
import { isChanged } from "./form-changes.js";

/** @param {HTMLFormElement} form */
function mark(form) {
  const words = form.querySelector(".unsaved-mark");
  const text = isChanged(form) ? "Unsaved changes" : "";
  if (words && words.textContent !== text) words.textContent = text;
}

document.addEventListener("input", (event) => {
  const form = eventElement(event)?.closest("form[data-unsaved]");
  if (form instanceof HTMLFormElement) mark(form);
});
document.addEventListener("htmx:after:swap", () => {
  for (const form of document.querySelectorAll("form[data-unsaved]")) if (form instanceof HTMLFormElement) mark(form);
});
