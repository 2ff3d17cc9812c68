// Drafts: what is typed into a form[data-drafts="name"] or a box [data-draft="name"] is kept until it is saved or discarded, for
// this tab alone. Closing a dialog with unsaved text asks first, leaving a page with a form[data-guard] as well.
import { eventElement } from "./elements.js";
import { fieldsOf, isChanged, isText, isTick, present, shownFirst, wasRefused } from "./form-changes.js";
import { toast } from "./toasts.js";

/** @typedef {{ base: string, values: [string, string][] }} Draft what the server showed, and the fields by name */

const PREFIX = `draft-${document.body.dataset.viewer ?? ""}-`;
/** Forms that are being left on purpose. @type {WeakSet<HTMLFormElement>} */
const leaving = new WeakSet();

/** @param {string} name */
function read(name) {
  try {
    return sessionStorage.getItem(PREFIX + name) ?? "";
  } catch {
    return ""; // no storage: no drafts
  }
}
/**
 * @param {string} name
 * @param {string} text empty to remove it
 */
function write(name, text) {
  try {
    if (text) sessionStorage.setItem(PREFIX + name, text);
    else sessionStorage.removeItem(PREFIX + name);
  } catch {
    /* no storage or no room: no drafts */
  }
}

/** A name for a field: that of a group of boxes is told by its value. @param {import("./form-changes.js").Field} field */
const keyOf = (field) => (isTick(field) ? `${field.name}=${field.value}` : field.name);
/** @param {HTMLFormElement} form */
const baseOf = (form) =>
  JSON.stringify(
    fieldsOf(form)
      .filter(isText)
      .map((field) => [keyOf(field), shownFirst(field)]),
  );

/** @param {HTMLFormElement} form */
const isDirty = (form) => isChanged(form, { textAlone: true });

/** @param {HTMLFormElement} form */
function keep(form) {
  const name = form.dataset.drafts;
  if (!name) return;
  const values = fieldsOf(form).map((field) => [keyOf(field), present(field)]);
  write(name, isDirty(form) ? JSON.stringify({ base: baseOf(form), values }) : "");
}

/**
 * @param {HTMLFormElement} form
 * @param {Draft} draft
 */
function fill(form, draft) {
  const values = new Map(draft.values);
  for (const field of fieldsOf(form)) {
    const value = values.get(keyOf(field));
    if (value === undefined || field.matches("[data-preset]")) continue;
    if (isTick(field)) /** @type {HTMLInputElement} */ (field).checked = value === "true";
    else if (!(field instanceof HTMLSelectElement) || [...field.options].some((option) => option.value === value))
      field.value = value;
  }
  fieldsOf(form)[0]?.dispatchEvent(new Event("input", { bubbles: true })); // previews follow
}

/** @param {HTMLFormElement} form */
function discard(form) {
  write(form.dataset.drafts ?? "", "");
  form.reset();
  form.querySelector(":scope .draft-note")?.remove();
}

/**
 * A line at the top of a form, with buttons.
 * @param {HTMLFormElement} form
 * @param {string} text
 * @param {[string, () => void][]} buttons
 */
function note(form, text, buttons) {
  form.querySelector(".draft-note")?.remove();
  const line = document.createElement("p");
  line.className = "draft-note small";
  line.setAttribute("role", "status");
  const words = document.createElement("span");
  words.textContent = text;
  line.append(words);
  for (const [label, act] of buttons) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-ghost button-small";
    button.textContent = label;
    button.addEventListener("click", () => {
      line.remove();
      act();
    });
    line.append(button);
  }
  (form.querySelector(".dialog-body") ?? form).prepend(line);
}

/** @param {HTMLFormElement} form */
function restore(form) {
  if (form.dataset.drafted !== undefined) return;
  form.dataset.drafted = "";
  const text = read(form.dataset.drafts ?? "");
  if (!text || wasRefused(form)) return; // what it shows is newer than the draft
  /** @type {Draft} */
  const draft = JSON.parse(text);
  if (draft.base === baseOf(form)) {
    fill(form, draft);
    note(form, "Your draft is back.", [["Discard it", () => discard(form)]]);
  } else
    note(form, "You have a draft of an earlier version.", [
      ["Show it", () => fill(form, draft)],
      ["Discard it", () => discard(form)],
    ]);
}

function restoreAll() {
  /** @type {NodeListOf<HTMLFormElement>} */
  const forms = document.querySelectorAll("form[data-drafts]");
  for (const form of forms) restore(form);
  /** @type {NodeListOf<HTMLTextAreaElement>} */
  const boxes = document.querySelectorAll("[data-draft]");
  for (const box of boxes) if (!box.value) box.value = read(box.dataset.draft ?? "");
}
document.addEventListener("htmx:after:swap", restoreAll);
restoreAll();

for (const kind of ["input", "change"])
  document.addEventListener(kind, (event) => {
    const field = eventElement(event);
    if (field instanceof HTMLTextAreaElement && field.dataset.draft) write(field.dataset.draft, field.value);
    const form = field?.closest("form");
    if (!form) return;
    leaving.delete(form);
    if (form.dataset.drafts !== undefined) keep(form);
  });

// Saved: by htmx, or by a plain form, whose page shows again what was refused.
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  const form = ctx.sourceElement;
  if (!(form instanceof HTMLFormElement) || !ctx.response || ctx.response.status >= 400) return;
  if ((ctx.request.method ?? "").toUpperCase() !== "POST") return;
  if (form.dataset.drafts) write(form.dataset.drafts, "");
  leaving.add(form);
  if (form.matches("[data-reset]"))
    for (const box of form.querySelectorAll("[data-draft]")) write(box.dataset.draft ?? "", "");
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || event.defaultPrevented) return;
  leaving.add(form);
  if (form.dataset.drafts) write(form.dataset.drafts, "");
});

addEventListener("beforeunload", (event) => {
  /** @type {NodeListOf<HTMLFormElement>} */
  const forms = document.querySelectorAll("form[data-guard]");
  if ([...forms].some((form) => !leaving.has(form) && isDirty(form))) event.preventDefault();
});

/**
 * Closes a dialog; one with unsaved text asks first.
 * @param {HTMLDialogElement | null | undefined} dialog
 */
export function closeDialog(dialog) {
  /** @type {HTMLFormElement | null | undefined} */
  const form = dialog?.querySelector("form[data-drafts]");
  if (!dialog || !form || !isDirty(form)) return dialog?.close();
  askToDiscard(dialog, form);
}
document.addEventListener(
  "cancel",
  (event) => {
    const dialog = event.target;
    if (!(dialog instanceof HTMLDialogElement)) return;
    const form = dialog.querySelector("form[data-drafts]");
    if (!(form instanceof HTMLFormElement) || !isDirty(form)) return;
    event.preventDefault();
    askToDiscard(dialog, form);
  },
  true,
);

/**
 * @param {HTMLDialogElement} dialog
 * @param {HTMLFormElement} form
 */
function askToDiscard(dialog, form) {
  const question = document.createElement("dialog");
  question.className = "dialog";
  question.setAttribute("aria-labelledby", "draft-question");
  question.innerHTML =
    '<form method="dialog"><div class="dialog-body"><h2 id="draft-question">Discard draft?</h2><p class="muted">You have not saved what you wrote.</p></div><footer class="dialog-foot"><button class="button button-danger" value="discard">Discard</button><button class="button" value="keep">Keep for later</button><button class="button button-primary" value="" autofocus>Continue writing</button></footer></form>';
  document.body.append(question);
  question.addEventListener("close", () => {
    const answer = question.returnValue;
    question.remove();
    if (answer === "discard") discard(form);
    if (answer === "keep") {
      keep(form);
      toast("Kept as a draft in this tab.", "info");
    }
    if (answer) dialog.close();
  });
  question.showModal();
}
