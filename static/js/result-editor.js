// While a result is being edited, it is not approved or sent back as it was: what was typed would be lost without a word.
import { eventElement } from "./elements.js";
import { isChanged } from "./form-changes.js";
import { allowResubmit } from "./form-submit-once.js";
import { toast } from "./toasts.js";

/** @returns {HTMLTextAreaElement | null} */
const editor = () => document.querySelector("[data-result-editor] textarea[name=result]");
const isEdited = () => {
  const form = editor()?.form;
  return form ? isChanged(form, { textAlone: true }) : false;
};

document.addEventListener(
  "submit",
  (event) => {
    const form = eventElement(event);
    if (!(form instanceof HTMLFormElement) || !/\/(approve|reject)$/.test(form.action) || !isEdited()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    allowResubmit(form);
    toast("Save or cancel your changes to the result first.", "warn", { kind: "action" });
    editor()?.focus();
  },
  true,
);
window.addEventListener("beforeunload", (event) => {
  if (isEdited()) event.preventDefault();
});
