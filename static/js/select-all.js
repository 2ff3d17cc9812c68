// A checkbox that chooses all of a group: data-select-all names the group of the boxes with data-of.
import { eventElement } from "./elements.js";

/** @param {string} group */
const boxesOf = (group) =>
  /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll(`input[data-of="${CSS.escape(group)}"]`));

document.addEventListener("change", (event) => {
  const box = eventElement(event);
  if (!(box instanceof HTMLInputElement)) return;
  const all = box.dataset.selectAll;
  if (all !== undefined) for (const one of boxesOf(all)) one.checked = box.checked;
  const group = box.dataset.of;
  if (group === undefined) return;
  const boxes = [...boxesOf(group)];
  const head = document.querySelector(`input[data-select-all="${CSS.escape(group)}"]`);
  if (!(head instanceof HTMLInputElement)) return;
  head.checked = boxes.every((one) => one.checked);
  head.indeterminate = !head.checked && boxes.some((one) => one.checked);
});
