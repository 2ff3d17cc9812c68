// Selecting several cards: by x, by Ctrl or Shift with a click, by the checkbox on the card, by touch after "Select"; then moving, assigning or tagging them.
// The bulk menus serve the bar and the keys: [data-bulk-action="status=done"] acts on the selected cards, or on the focused card.

import { moveCard } from "./board-dragging.js";
import { board, cardsOf, cellOf, laneOf, mayMove } from "./board-model.js";
import { refreshCard } from "./board-updates.js";
import { placeMenu } from "./menus-and-dialogs.js";
import { confirmAction, post } from "./requests.js";

export const selectedCards = () => [...document.querySelectorAll(".pick:checked")].map((pick) => pick.closest(".card"));
const bulkBar = () => document.getElementById("bulk-bar");
/** @type {string} the id of the card that a range begins at: the card itself may be replaced by a fresh one */
let anchor = null;
/** @type {string[]} the tasks that the open menu is about */
let targetIds = [];

/**
 * @param {HTMLElement} card
 * @param {boolean} [on]
 */
export function toggleSelected(card, on) {
  /** @type {HTMLInputElement} */
  const box = card.querySelector(".pick");
  if (!box) return;
  box.checked = on ?? !box.checked;
  anchor = card.id;
  updateBar();
}
/** @param {HTMLElement} card */
function selectRange(card) {
  const first = document.getElementById(anchor);
  const list = card.parentElement === first?.parentElement ? cardsOf(card.parentElement) : [];
  const [from, to] = [list.indexOf(first), list.indexOf(card)].sort((a, b) => a - b);
  if (from < 0) return toggleSelected(card);
  for (const each of list.slice(from, to + 1)) {
    /** @type {HTMLInputElement} */
    const box = each.querySelector(".pick");
    if (box) box.checked = true;
  }
  updateBar();
}
export function clearSelection() {
  /** @type {NodeListOf<HTMLInputElement>} */
  const boxes = document.querySelectorAll(".pick:checked");
  for (const box of boxes) box.checked = false;
  board().classList.remove("is-picking");
  document.querySelector("[data-pick-mode]")?.setAttribute("aria-pressed", "false");
  updateBar();
}
function updateBar() {
  if (!bulkBar()) return;
  const number = selectedCards().length;
  if (!number && bulkBar().contains(document.activeElement)) document.getElementById("main").focus();
  bulkBar().hidden = !number;
  bulkBar().querySelector("[data-bulk-count]").textContent = `${number} selected`;
}

/**
 * Opens one of the menus for these cards, beside `at`.
 * @param {string} name
 * @param {HTMLElement[]} cards
 * @param {HTMLElement} at
 */
export function openBulkMenu(name, cards, at) {
  const found = document.getElementById(`bulk-menu-${name}`);
  if (!found || !cards.length) return;
  targetIds = cards.map((card) => card.dataset.id);
  /** @type {NodeListOf<HTMLButtonElement>} */
  const items = found.querySelectorAll('[data-bulk-action^="status="]');
  for (const item of items) {
    const status = item.dataset.bulkAction.slice(7);
    item.disabled =
      !cards.every((card) => mayMove(card, status)) ||
      cards.every((card) => card.parentElement.dataset.status === status);
  }
  found.showPopover();
  placeMenu(found, at.getBoundingClientRect());
  (found.querySelector("input") ?? found.querySelector(".menu-item:not(:disabled)"))?.focus();
}

/**
 * @param {Values} values
 */
export async function runBulkAction(values, ids = targetIds) {
  const cards = ids.map((id) => document.getElementById(`task-${id}`)).filter(Boolean);
  const focused = document.activeElement?.closest(".card")?.dataset.id;
  if (typeof values.status === "string" && cards.length === 1) {
    const to = cellOf(values.status, laneOf(cards[0]));
    if (to) {
      clearSelection();
      return (await moveCard(cards[0], to, cardsOf(to)[0]))?.focus();
    }
  }
  const { ok } = await post(`/boards/${board().dataset.board}/bulk`, { ids: ids.join(","), ...values });
  if (!ok) return;
  if (values.status || values.archived || values.delete) clearSelection();
  for (const id of ids) refreshCard(id, 0);
  if (focused) document.getElementById(`task-${focused}`)?.focus();
}

document.addEventListener(
  "click",
  async (event) => {
    const at = event.target;
    if (!(at instanceof Element) || !board()) return;
    const card = at.closest(".board .card");
    if (at.matches(".pick")) {
      event.stopPropagation();
      if (event.shiftKey && anchor && anchor !== card.id) selectRange(card);
      else {
        anchor = card.id;
        updateBar();
      }
      return;
    }
    const picking = board().classList.contains("is-picking");
    if (
      card?.querySelector(".pick") &&
      !at.closest(".button") &&
      (picking || event.shiftKey || event.metaKey || event.ctrlKey)
    ) {
      event.preventDefault();
      event.stopPropagation();
      getSelection()?.removeAllRanges();
      return event.shiftKey ? selectRange(card) : toggleSelected(card);
    }
    if (at.closest("[data-pick-mode]")) {
      const on = board().classList.toggle("is-picking");
      at.closest("[data-pick-mode]").setAttribute("aria-pressed", String(on));
      if (!on) clearSelection();
    }
    const opener = at.closest("[data-bulk-menu]");
    if (opener) openBulkMenu(opener.dataset.bulkMenu, selectedCards(), opener);
    if (at.closest("[data-bulk-clear]")) clearSelection();
    const item = at.closest("[data-bulk-action]");
    if (!item) return;
    const cards = item.closest("#bulk-bar") ? selectedCards().map((each) => each.dataset.id) : targetIds;
    const values = Object.fromEntries(new URLSearchParams(item.dataset.bulkAction));
    const them = cards.length === 1 ? "this task" : `${cards.length} tasks`;
    if (values.delete && !(await confirmAction(`Delete ${them}? You can undo this for 30 days.`))) return;
    runBulkAction(values, cards);
  },
  true,
);
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-tag]")) return;
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const name = event.submitter?.getAttribute("name") || "add_tags";
  const tags = new FormData(form).get("tags");
  form.reset();
  form.closest("[popover]").hidePopover();
  runBulkAction({ [name]: String(tags) });
});
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || !board() || document.querySelector("dialog[open], :popover-open")) return;
    if (
      event.target.matches?.("input:not([type=checkbox]), textarea, select") ||
      (!selectedCards().length && !board().classList.contains("is-picking"))
    )
      return;
    event.preventDefault();
    event.stopImmediatePropagation();
    clearSelection();
  },
  true,
);
document.addEventListener("helix:cards", updateBar);
document.addEventListener("helix:board-new", updateBar);
