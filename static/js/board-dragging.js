// Moving cards: the card moves at once, then the server is asked; a refused card moves back. Drag and drop by SortableJS.
import Sortable from "sortablejs";
import {
  board,
  cells,
  changeCount,
  columnOf,
  columnStatus,
  columns,
  laneOf,
  mayMove,
  parseCards,
  replaceCard,
} from "./board-model.js";
import { refreshCard } from "./board-updates.js";
import { post } from "./requests.js";
import { toast } from "./toasts.js";

/** @param {string} status */
const columnTitle = (status) => columnOf(status).querySelector("h2").textContent;
/** @param {HTMLElement} card */
const placeOf = (card) => ({ cell: card.parentElement, next: card.nextElementSibling });
/**
 * @param {HTMLElement} card
 * @param {ReturnType<typeof placeOf>} place
 */
const putBack = (card, { cell, next }) =>
  cell.insertBefore(card, next?.parentElement === cell ? next : cell.querySelector(".column-more"));

/**
 * Moves a card to a cell, before a card of it or to its end, and tells the server. Gives the card as it is afterwards.
 * @param {HTMLElement} card
 * @param {HTMLElement} to
 * @param {Element | null} [before]
 */
export async function moveCard(card, to, before, from = placeOf(card)) {
  to.insertBefore(card, before ?? to.querySelector(".column-more"));
  if (from.cell !== to) {
    changeCount(from.cell, -1);
    changeCount(to, 1);
  }
  card.setAttribute("aria-busy", "true");
  const answer = await post(`/tasks/${card.dataset.id}/move`, { ...target(card, to), board: board().dataset.board });
  card.removeAttribute("aria-busy");
  if (!card.isConnected) {
    refreshCard(card.dataset.id);
    return card;
  } // an event replaced the card meanwhile
  if (answer.ok) {
    const [fresh] = parseCards(answer.html);
    return fresh ? replaceCard(card, fresh) : card;
  }
  putBack(card, from);
  if (from.cell !== to) {
    changeCount(to, -1);
    changeCount(from.cell, 1);
  }
  refreshCard(card.dataset.id);
  return card;
}

/**
 * @param {HTMLElement} card
 * @param {HTMLElement} to
 */
function target(card, to) {
  const same = columnStatus(card.dataset.status) === to.dataset.status;
  const lane =
    to.dataset.lane !== undefined && to.dataset.lane !== laneOf(card)
      ? { lanes: board().dataset.lanes, lane: to.dataset.lane }
      : {};
  const next = /** @type {HTMLElement} */ (card.nextElementSibling);
  const last = /** @type {HTMLElement} */ (card.previousElementSibling);
  const place = next?.matches(".card")
    ? { before_id: next.dataset.id }
    : last?.matches(".card")
      ? { after_id: last.dataset.id }
      : { before_id: "" };
  return { status: same ? card.dataset.status : to.dataset.status, ...lane, ...place };
}

// The pointer's position: SortableJS leaves a card at the last allowed place that it saw, which after a quick movement is not
// where the card was dropped.
/** @type {{ clientX: number, clientY: number }} */
let pointer = null;
for (const name of ["dragover", "pointermove", "touchmove"])
  document.addEventListener(
    name,
    (event) => {
      const { touches, clientX, clientY } = /** @type {DragEvent & TouchEvent} */ (event);
      if (board()?.classList.contains("is-dragging")) pointer = touches?.[0] ?? { clientX, clientY };
    },
    { capture: true, passive: true },
  );
function dropTarget() {
  const at = pointer && document.elementFromPoint(pointer.clientX, pointer.clientY);
  return at?.closest(".cards") ?? at?.closest(".column");
}

/** @param {HTMLElement} list */
function makeListSortable(list) {
  /** @type {ReturnType<typeof placeOf>} */
  let from = null;
  Sortable.create(list, {
    group: "cards",
    draggable: ".card",
    animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
    delay: 180,
    delayOnTouchOnly: true,
    touchStartThreshold: 6,
    ghostClass: "card-ghost",
    dragClass: "card-drag",
    filter: ".button, .pick",
    preventOnFilter: false,
    scroll: true,
    bubbleScroll: true,
    onStart({ item }) {
      from = placeOf(item);
      board().classList.add("is-dragging");
      for (const column of columns()) column.dataset.allowed = mayMove(item, column.dataset.status) ? "yes" : "no";
      for (const each of cells()) each.dataset.allowed = columnOf(each.dataset.status).dataset.allowed;
    },
    onMove: ({ dragged, to }) => mayMove(dragged, to.dataset.status),
    onEnd({ item, to, oldIndex, newIndex }) {
      const on = dropTarget(),
        status = on?.dataset.status;
      board().classList.remove("is-dragging");
      pointer = null;
      for (const each of [...columns(), ...cells()]) delete each.dataset.allowed;
      if (status && !mayMove(item, status)) {
        putBack(item, from);
        return toast(`From ${columnTitle(item.dataset.status)} a task cannot go to ${columnTitle(status)}.`, "warn");
      }
      if (on?.matches(".cards") && on !== to) return void moveCard(item, on, null, from);
      if (to === from.cell && oldIndex === newIndex) return;
      const next = item.nextElementSibling;
      moveCard(item, to, next?.matches(".card") ? next : null, from);
    },
  });
}

export function makeSortable() {
  if (!board() || board().dataset.fixed !== undefined) return;
  for (const list of cells()) if (!Sortable.get(list)) makeListSortable(list);
}
