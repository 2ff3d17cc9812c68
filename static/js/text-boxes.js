// Forms and text boxes: Ctrl+Enter sends, files are dropped or pasted, forms reset after success.
import { eventElement, required, requiredData } from "./elements.js";

document.addEventListener("keydown", (event) => {
  const box = event.target;
  const sends = event.key === "Enter" && (event.ctrlKey || event.metaKey);
  if (box instanceof HTMLInputElement && sends && box.form?.dataset.drafts !== undefined) {
    event.preventDefault();
    return submitForm(box.form);
  }
  if (!(box instanceof HTMLTextAreaElement)) return;
  if (event.key === "Enter" && box.matches("[data-save]")) {
    event.preventDefault();
    box.blur(); // saved on blur
  } else if (sends) {
    event.preventDefault();
    if (box.form) submitForm(box.form);
  } else if (event.key === "Escape") {
    if (box.matches("[data-save]")) box.value = box.defaultValue;
    if (!box.closest("dialog")) box.blur();
  }
});

/**
 * Sends a form as its primary button does.
 * @param {HTMLFormElement} form
 */
function submitForm(form) {
  const primary = [...form.querySelectorAll("button[type=submit].button-primary")].find((one) => one.checkVisibility());
  form.requestSubmit(primary);
}

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const form = ctx.sourceElement;
  if (!(form instanceof HTMLFormElement) || !form.matches("[data-reset]")) return;
  if (!ctx.response || ctx.response.status >= 400) return;
  form.reset();
  form.querySelector("input:not([type=hidden]), textarea")?.focus();
});

// A text being typed is not replaced when the panel is refreshed, and keeps its version (morphSkip in head.html).
document.addEventListener("focusin", (event) => {
  eventElement(event)?.closest("[data-save]")?.closest("form")?.classList.add("is-editing");
});
document.addEventListener("focusout", (event) => {
  eventElement(event)?.closest("[data-save]")?.closest("form")?.classList.remove("is-editing");
});

// Drop on a form[data-drop], paste into a box beside one.
/** @param {Event} event */
function dropZone(event) {
  const at = eventElement(event);
  return at?.closest("[data-drop]") ?? at?.closest(".panel, .dialog")?.querySelector("[data-drop]");
}
/**
 * @param {HTMLElement} form
 * @param {FileList} files
 */
function addFiles(form, files) {
  /** @type {HTMLInputElement | null} */
  const input = form.querySelector('input[type="file"]');
  if (!input || !files.length) return;
  input.files = files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}
document.addEventListener("dragover", (event) => {
  if (!event.dataTransfer?.types.includes("Files")) return;
  const form = dropZone(event);
  if (!form) return;
  event.preventDefault();
  form.classList.add("is-dragover");
});
for (const name of ["dragleave", "drop"])
  document.addEventListener(name, () => {
    for (const form of document.querySelectorAll(".is-dragover")) form.classList.remove("is-dragover");
  });
document.addEventListener("drop", (event) => {
  const form = dropZone(event);
  if (!form || !event.dataTransfer?.files.length) return;
  event.preventDefault();
  addFiles(form, event.dataTransfer.files);
});
document.addEventListener("paste", (event) => {
  const files = event.clipboardData?.files;
  const form = dropZone(event);
  if (!form || !files?.length) return;
  event.preventDefault();
  addFiles(form, files);
});

// A button that inserts a text at the cursor of a box: [data-insert="{{date}}" data-into="#f-system_prompt"].
document.addEventListener("click", (event) => {
  const button = eventElement(event)?.closest("[data-insert]");
  if (!button) return;
  /** @type {HTMLTextAreaElement} */
  const box = required(requiredData(button, "into"));
  box.setRangeText(requiredData(button, "insert"), box.selectionStart, box.selectionEnd, "end");
  box.focus();
  box.dispatchEvent(new Event("input", { bubbles: true }));
});
