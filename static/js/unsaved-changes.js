// A form[data-unsaved] says in its .unsaved-mark that something in it is not saved yet.
import { eventElement } from "./elements.js";

/** @param {HTMLFormElement} form */
function isChanged(form) {
  return [...form.elements].some((field) => {
    if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
    if (field instanceof HTMLSelectElement)
      return [...field.options].some((one) => one.selected !== one.defaultSelected);
    if (!(field instanceof HTMLInputElement) || field.type === "hidden") return false;
    return field.type === "checkbox" || field.type === "radio"
      ? field.checked !== field.defaultChecked
      : field.value !== field.defaultValue;
  });
}

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
