// Whether a form holds what the server has not: for drafts, questions before leaving, and marks of unsaved changes.

/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Field */

const NOT_TYPED = ["hidden", "password", "file", "submit", "button"];

/**
 * The fields with a name, without those that hold no text of a person or must not be kept.
 * @param {HTMLFormElement} form
 */
export function fieldsOf(form) {
  return /** @type {Field[]} */ (
    [...form.elements].filter(
      (field) =>
        (field instanceof HTMLInputElement ||
          field instanceof HTMLTextAreaElement ||
          field instanceof HTMLSelectElement) &&
        field.name &&
        !NOT_TYPED.includes(field.type),
    )
  );
}
/** @param {Field} field */
export const isTick = (field) => field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type);
/** @param {Field} field */
export const isText = (field) => !isTick(field) && !(field instanceof HTMLSelectElement);

/** @param {string} text the same line ends from the server as from a box */
const plain = (text) => text.replaceAll("\r\n", "\n");
/** @param {Field} field the value that the server rendered */
export function shownFirst(field) {
  if (field instanceof HTMLSelectElement)
    return ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value ?? "";
  return isTick(field) ? String(/** @type {HTMLInputElement} */ (field).defaultChecked) : plain(field.defaultValue);
}
/** @param {Field} field */
export const present = (field) =>
  isTick(field) ? String(/** @type {HTMLInputElement} */ (field).checked) : plain(field.value);

/** A form that came back with a problem shows what was typed. @param {HTMLFormElement} form */
export const wasRefused = (form) =>
  form.matches("[data-refused]") || form.querySelector("[aria-invalid=true], [data-refused]") !== null;

/**
 * @param {HTMLFormElement} form
 * @param {{ textAlone?: boolean }} [what] `textAlone`: not what was ticked or chosen, which is quickly done again
 */
export const isChanged = (form, { textAlone = false } = {}) =>
  wasRefused(form) ||
  fieldsOf(form).some((field) => (!textAlone || isText(field)) && present(field) !== shownFirst(field));
