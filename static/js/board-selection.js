// Selecting several cards: by x, by Ctrl or Shift with a click, by the checkbox on the card, by touch after "Select"; then moving, assigning or tagging them.
// The bulk menus serve the bar and the keys: [data-bulk-action="status=done"] acts on the selected cards, or on the focused card.

import { moveCard } from "./board-dragging.js";
import {
  board,
  cardOf,
  cardsOf,
  cellOf,
  focusAgain,
  hasBoard,
  idOf,
  laneOf,
  mayMove,
  selectedCards,
} from "./board-model.js";
import { refreshCard } from "./board-updates.js";
import { eventElement, required, requiredData } from "./elements.js";
import { placeMenu } from "./menus-and-dialogs.js";
import { confirmAction, post } from "./requests.js";

let anchor = ""; // the id of the card that a range begins at: the card itself may be replaced by a fresh one
/** @type {string[]} the tasks that the open menu is about */
let targetIds = [];

/**
 * @param {HTMLElement} card
 * @param {boolean} [on]
 */
export function toggleSelected(card, on) {
  /** @type {HTMLInputElement | null} */
  const box = card.querySelector(".pick");
  if (!box) return;
  box.checked = on ?? !box.checked;
  anchor = card.id;
  updateBar();
}
/** @param {HTMLElement} card */
function selectRange(card) {
  const first = document.getElementById(anchor);
  const cell = card.parentElement;
  if (!first || !cell || first.parentElement !== cell) return toggleSelected(card);
  const list = cardsOf(cell);
  const ends = [list.indexOf(first), list.indexOf(card)];
  for (const each of list.slice(Math.min(...ends), Math.max(...ends) + 1)) {
    /** @type {HTMLInputElement | null} */
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
  const bar = document.getElementById("bulk-bar");
  if (!bar) return;
  const number = selectedCards().length;
  if (!number && bar.contains(document.activeElement)) required("#main").focus();
  bar.hidden = !number;
  required("[data-bulk-count]", bar).textContent = `${number} selected`;
}

/**
 * Opens one of the menus for these cards, beside `at`.
 * @param {string} name
 * @param {HTMLElement[]} cards
 * @param {HTMLElement} at
 */
export function openBulkMenu(name, cards, at) {
  const menu = document.getElementById(`bulk-menu-${name}`);
  if (!menu || !cards.length) return;
  targetIds = cards.map(idOf);
  /** @type {NodeListOf<HTMLButtonElement>} */
  const items = menu.querySelectorAll('[data-bulk-action^="status="]');
  for (const item of items) {
    const status = requiredData(item, "bulkAction").slice(7);
    item.disabled =
      !cards.every((card) => mayMove(card, status)) ||
      cards.every((card) => card.parentElement?.dataset.status === status);
  }
  menu.showPopover();
  placeMenu(menu, at.getBoundingClientRect());
  returnFocus(menu, cards[0]);
  (menu.querySelector("input") ?? menu.querySelector(".menu-item:not(:disabled, [hidden])"))?.focus();
}

/**
 * When the menu closes, focus the card again, also if it was replaced by a live update meanwhile.
 * @param {HTMLElement} menu
 * @param {HTMLElement | undefined} card
 */
function returnFocus(menu, card) {
  const id = card && idOf(card);
  menu.addEventListener("toggle", function closed({ newState }) {
    if (newState !== "closed") return;
    menu.removeEventListener("toggle", closed);
    const at = document.activeElement;
    if (id && (at === document.body || menu.contains(at))) cardOf(id)?.focus();
  });
}

/**
 * What an item of the menu of a card presses: a button of the card, or its title.
 * @param {HTMLElement} card
 * @param {string} action
 */
const cardButton = (card, action) =>
  card.querySelector(action === "open" ? ".card-title" : `[data-action="${CSS.escape(action)}"]`);
// A long press on a card (touch-actions.js).
document.addEventListener("helix:long-press", (event) => {
  const card = eventElement(event)?.closest(".board .card");
  const menu = document.getElementById("bulk-menu-card");
  if (!card?.querySelector(".pick") || !menu) return;
  for (const item of menu.querySelectorAll("[data-card-action]"))
    item.hidden = !cardButton(card, requiredData(item, "cardAction"));
  openBulkMenu("card", [card], card);
});

/**
 * @param {Values} values
 */
export async function runBulkAction(values, ids = targetIds) {
  const cards = ids.map(cardOf).filter((card) => card !== null);
  const focused = document.activeElement?.closest(".card")?.dataset.id;
  const [card, ...others] = cards;
  if (typeof values.status === "string" && card && !others.length) {
    const to = cellOf(values.status, laneOf(card));
    if (to) {
      clearSelection();
      return focusAgain(await moveCard(card, to, cardsOf(to)[0]));
    }
  }
  const { ok } = await post(`/boards/${board().dataset.board}/bulk`, { ids: ids.join(","), ...values });
  if (!ok) return;
  if (values.status || values.archived || values.delete || values.board_id) clearSelection();
  for (const id of ids) refreshCard(id, 0);
  if (focused) focusAgain(cardOf(focused));
}

document.addEventListener(
  "click",
  async (event) => {
    const at = eventElement(event);
    if (!at || !hasBoard()) return;
    const card = at.closest(".board .card");
    if (card && at.matches(".pick")) {
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
    const pickMode = at.closest("[data-pick-mode]");
    if (pickMode) {
      const on = board().classList.toggle("is-picking");
      pickMode.setAttribute("aria-pressed", String(on));
      if (!on) clearSelection();
    }
    const opener = at.closest("[data-bulk-menu]");
    const pressed = at.closest("#bulk-menu-card") && cardOf(targetIds[0] ?? "");
    if (opener && pressed) openBulkMenu(requiredData(opener, "bulkMenu"), [pressed], pressed);
    else if (opener) openBulkMenu(requiredData(opener, "bulkMenu"), selectedCards(), opener);
    const action = at.closest("[data-card-action]")?.dataset.cardAction;
    if (action && pressed) cardButton(pressed, action)?.click();
    if (at.closest("[data-bulk-clear]")) clearSelection();
    const item = at.closest("[data-bulk-action]");
    if (!item) return;
    const ids = item.closest("#bulk-bar") ? selectedCards().map(idOf) : targetIds;
    const values = Object.fromEntries(new URLSearchParams(requiredData(item, "bulkAction")));
    const them = ids.length === 1 ? "this task" : `${ids.length} tasks`;
    if (values.delete && !(await confirmAction(`Delete ${them}? You can undo this for 30 days.`))) return;
    runBulkAction(values, ids);
  },
  true,
);
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("form[data-tag], form[data-due]")) return;
  event.preventDefault();
  if (form.matches("[data-due]")) {
    const none = event.submitter?.getAttribute("name") === "none";
    const day = none ? "" : String(new FormData(form).get("due_date"));
    form.reset();
    form.hidePopover();
    runBulkAction({ due_date: day });
    return;
  }
  const name = event.submitter?.getAttribute("name") || "add_tags";
  const tags = new FormData(form).get("tags");
  form.reset();
  form.hidePopover();
  runBulkAction({ [name]: String(tags) });
});
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || !hasBoard() || document.querySelector("dialog[open], :popover-open")) return;
    if (
      eventElement(event)?.matches("input:not([type=checkbox]), textarea, select") ||
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
