// While a result is being edited, it is not approved or sent back as it was: what was typed would be lost without a word.
import { eventElement } from "./elements.js";
import { allowResubmit } from "./form-submit-once.js";
import { toast } from "./toasts.js";

/** @returns {HTMLTextAreaElement | null} */
const editor = () => document.querySelector("[data-result-editor] textarea[name=result]");
const isChanged = () => {
  const box = editor();
  return box !== null && box.value !== box.defaultValue;
};

document.addEventListener(
  "submit",
  (event) => {
    const form = eventElement(event);
    if (!(form instanceof HTMLFormElement) || !/\/(approve|reject)$/.test(form.action) || !isChanged()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    allowResubmit(form);
    toast("Save or cancel your changes to the result first.", "warn", { kind: "action" });
    editor()?.focus();
  },
  true,
);
window.addEventListener("beforeunload", (event) => {
  if (isChanged()) event.preventDefault();
});
