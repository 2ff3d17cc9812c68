// Keyboard shortcuts of a board: arrows or h j k l, Enter opens, x selects, 1..4 set the priority, a assigns, m moves (a menu of the allowed moves).
import { cardsOf, cells, columns, hasBoard, idOf, selectedCards, statusOf } from "./board-model.js";
import { openBulkMenu, runBulkAction, toggleSelected } from "./board-selection.js";
import { eventElement } from "./elements.js";
import { isChordPending, isTyping } from "./shortcuts.js";
import { openTask } from "./task-panel.js";

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
const MENUS = { m: "move", a: "agent", t: "tag" };
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

/** @param {[number, number]} direction */
function step([across, down]) {
  const card = current();
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
  const card = current();
  const direction = STEPS[event.key];
  if (direction && (card || at === document.body || at?.closest(".main"))) {
    event.preventDefault();
    const next = step(direction);
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
  if (event.key === "Enter" && card && !at?.closest("button")) {
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
