// Forms and text boxes: Ctrl+Enter sends, drafts are kept, files come by drop and paste, forms empty themselves after success.
document.addEventListener("keydown", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLTextAreaElement)) return;
  if (event.key === "Enter" && box.matches("[data-save]")) {
    event.preventDefault();
    box.blur(); // leaving it saves it
  } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    box.form?.requestSubmit();
  } else if (event.key === "Escape") {
    if (box.matches("[data-save]")) box.value = box.defaultValue;
    if (!box.closest("dialog")) box.blur();
  }
});

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const form = ctx.sourceElement;
  if (!(form instanceof HTMLFormElement) || !form.matches("[data-reset]") || ctx.response.status >= 400) return;
  form.querySelectorAll("[data-keep]").forEach((box) => drafts(box, ""));
  form.reset();
  form.querySelector("input:not([type=hidden]), textarea")?.focus();
});

// What is being typed is left alone while the panel around it is refreshed, with the version it was read at (head.html: morphSkip).
document.addEventListener("focusin", (event) => {
  if (event.target.matches?.("[data-save]")) event.target.form?.classList.add("is-editing");
});
document.addEventListener("focusout", (event) => {
  if (event.target.matches?.("[data-save]")) event.target.form?.classList.remove("is-editing");
});

// What was typed survives a reload and a panel that was closed by mistake.
function drafts(box, text) {
  const key = `draft-${box.dataset.keep}`;
  try {
    if (text === undefined) return sessionStorage.getItem(key) ?? "";
    text ? sessionStorage.setItem(key, text) : sessionStorage.removeItem(key);
  } catch {
    /* no storage: no drafts */
  }
  return "";
}
document.addEventListener("input", (event) => {
  if (event.target.matches?.("[data-keep]")) drafts(event.target, event.target.value);
});
function restore() {
  document.querySelectorAll("[data-keep]").forEach((box) => {
    if (!box.value) box.value = drafts(box);
  });
}
document.addEventListener("htmx:after:swap", restore);
restore();

// Drop on a form[data-drop], paste into a box beside one.
const dropFor = (target) =>
  target.closest?.("[data-drop]") ?? target.closest?.(".panel, .dialog")?.querySelector("[data-drop]");
function give(form, files) {
  const input = form.querySelector('input[type="file"]');
  if (!input || !files.length) return;
  input.files = files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}
document.addEventListener("dragover", (event) => {
  if (!event.dataTransfer?.types.includes("Files")) return;
  const form = dropFor(event.target);
  if (!form) return;
  event.preventDefault();
  form.classList.add("is-dragover");
});
for (const name of ["dragleave", "drop"])
  document.addEventListener(name, () =>
    document.querySelectorAll(".is-dragover").forEach((form) => form.classList.remove("is-dragover")),
  );
document.addEventListener("drop", (event) => {
  const form = dropFor(event.target);
  if (!form || !event.dataTransfer?.files.length) return;
  event.preventDefault();
  give(form, event.dataTransfer.files);
});
document.addEventListener("paste", (event) => {
  const form = event.clipboardData?.files.length ? dropFor(event.target) : null;
  if (form) {
    event.preventDefault();
    give(form, event.clipboardData.files);
  }
});

// A button that puts a word where the cursor of a box is: [data-insert="{{date}}" data-into="#f-system_prompt"].
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-insert]");
  const box = button && document.querySelector(button.dataset.into);
  if (!box) return;
  box.setRangeText(button.dataset.insert, box.selectionStart, box.selectionEnd, "end");
  box.focus();
  box.dispatchEvent(new Event("input", { bubbles: true }));
});
