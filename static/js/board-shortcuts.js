// Keyboard shortcuts of a board: arrows or h j k l, Enter opens, x selects, 1..4 set the priority, a assigns, m moves (a menu of the allowed moves).
import { board, cardsOf, cells, columnOf, columns, hasBoard, idOf, selectedCards, statusOf } from "./board-model.js";
import { openBulkMenu, runBulkAction, toggleSelected } from "./board-selection.js";
import { eventElement } from "./elements.js";
import { isChordPending, isTyping } from "./shortcuts.js";
import { isOpen, openTask } from "./task-panel.js";

/** @type {Record<string, string>} */
const PRIORITIES = { 1: "low", 2: "medium", 3: "high", 4: "urgent" };
/** @type {Record<string, [number, number]>} columns to the right, cards down */
const STEPS = {
  ArrowUp: [0, -1],
  k: [0, -1],
  K: [0, -1],
  ArrowDown: [0, 1],
  j: [0, 1],
  J: [0, 1],
  ArrowLeft: [-1, 0],
  h: [-1, 0],
  ArrowRight: [1, 0],
  l: [1, 0],
};
/** @type {Record<string, string>} */
const MENUS = { m: "move", a: "agent", t: "tag", d: "due", b: "board" };
/** @type {Record<string, string>} what a button of the card does */
const ACTIONS = { r: "execute", v: "approve" };
/** @returns {HTMLElement | null | undefined} */
const current = () => document.activeElement?.closest(".card");
/** @param {HTMLElement} card */
const middle = (card) => {
  const box = card.getBoundingClientRect();
  return box.top + box.height / 2;
};

/**
 * The cards of a column in their order, through all open lanes.
 * @param {string} status
 */
const inColumn = (status) =>
  cells()
    .filter((cell) => cell.dataset.status === status && cell.offsetParent)
    .flatMap(cardsOf);

/**
 * The card whose task the open panel shows, unless the focus is in another place that takes keys.
 * @param {Element | null | undefined} at
 */
const cardOfPanel = (at) =>
  isOpen() && (!at || at === document.body || at.closest(".panel-host, .main, .sidebar"))
    ? /** @type {HTMLElement | null} */ (document.querySelector(".card-open"))
    : null;

/**
 * @param {[number, number]} direction
 * @param {HTMLElement | null | undefined} card
 */
function step([across, down], card) {
  // A list and a calendar have one order.
  if (!cells().length) {
    const all = cardsOf(board());
    return card ? all[all.indexOf(card) + (down || across)] : all[0];
  }
  const full = columns()
    .map((column) => inColumn(statusOf(column)))
    .filter((list) => list.length);
  if (!card) return full[0]?.[0];
  const here = full.findIndex((list) => list.includes(card));
  const own = full[here];
  if (!own) return undefined;
  if (down) return own[own.indexOf(card) + down];
  const level = middle(card);
  return full[here + across]?.reduce((best, other) =>
    Math.abs(middle(other) - level) < Math.abs(middle(best) - level) ? other : best,
  );
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isChordPending() || !hasBoard())
    return;
  const at = eventElement(event);
  if ((isTyping(event) && !at?.matches(".pick")) || document.querySelector("dialog[open], :popover-open")) return;
  const card = current() ?? cardOfPanel(at);
  const direction = STEPS[event.key];
  // With Tab in the sidebar the letters still go to the board; arrows there belong to the sidebar.
  const isLetter = event.key.length === 1;
  if (direction && (card || isLetter || at === document.body || at?.closest(".main"))) {
    event.preventDefault();
    if (isOpen() && isLetter && !event.shiftKey) {
      const other = step(direction, card);
      if (other) openTask(idOf(other));
      return;
    }
    const next = step(direction, card);
    if (event.shiftKey && card && next) {
      toggleSelected(card, true);
      toggleSelected(next, true);
    }
    next?.focus();
    next?.scrollIntoView({ block: "nearest", inline: "nearest" });
    return;
  }
  const chosen = selectedCards();
  if (event.key === "x" && card) {
    event.preventDefault();
    return toggleSelected(card);
  }
  if (event.key === "n" && !event.shiftKey) {
    const column = card ? columnOf(statusOf(card)) : columns()[0];
    const add = column?.querySelector("[data-quick-add]") ?? board().querySelector("[data-quick-add]");
    if (!(add instanceof HTMLElement)) return;
    event.preventDefault();
    return add.click();
  }
  const action = ACTIONS[event.key];
  if (action && card && !chosen.length && !event.shiftKey) {
    const button = card.querySelector(`[data-action="${action}"]`);
    if (button) event.preventDefault();
    return button?.click();
  }
  if (event.key === "r" && chosen.length) {
    event.preventDefault();
    return runBulkAction({ run: "1" }, chosen.map(idOf));
  }
  if (event.key === "Enter" && card && !at?.closest("button, a, .panel-host")) {
    event.preventDefault();
    return openTask(idOf(card));
  }
  const cards = chosen.length ? chosen : card ? [card] : [];
  const beside = card ?? cards[0];
  if (!beside || !cards.length || event.shiftKey) return;
  const menu = MENUS[event.key];
  const priority = PRIORITIES[event.key];
  if (menu) {
    event.preventDefault();
    openBulkMenu(menu, cards, beside);
  } else if (priority) {
    event.preventDefault();
    runBulkAction({ priority }, cards.map(idOf));
  }
});
