// Moving cards: the card moves at once, then the server is asked; a refused card moves back. Drag and drop by SortableJS.
import Sortable from "sortablejs";
import {
  board,
  cells,
  changeCount,
  columnOf,
  columnStatus,
  columns,
  hasBoard,
  idOf,
  laneOf,
  mayMove,
  parseCards,
  replaceCard,
  statusOf,
} from "./board-model.js";
import { refreshCard } from "./board-updates.js";
import { post } from "./requests.js";
import { toast } from "./toasts.js";

/** @param {string} status */
const columnTitle = (status) => columnOf(status)?.querySelector("h2")?.textContent ?? status;
/** @param {Element | null} element */
const asCard = (element) => (element instanceof HTMLElement && element.matches(".card") ? element : null);
/** @param {HTMLElement} card */
const placeOf = (card) => ({ cell: card.parentElement, next: card.nextElementSibling });
/**
 * @param {HTMLElement} card
 * @param {ReturnType<typeof placeOf>} place
 */
const putBack = (card, { cell, next }) =>
  cell?.insertBefore(card, next?.parentElement === cell ? next : cell.querySelector(".column-more"));

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
  const answer = await post(`/tasks/${idOf(card)}/move`, { ...target(card, to), board: board().dataset.board });
  card.removeAttribute("aria-busy");
  if (!card.isConnected) {
    refreshCard(idOf(card));
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
  refreshCard(idOf(card));
  return card;
}

/**
 * @param {HTMLElement} card
 * @param {HTMLElement} to
 */
function target(card, to) {
  const status = statusOf(card);
  const same = columnStatus(status) === to.dataset.status;
  const lane =
    to.dataset.lane !== undefined && to.dataset.lane !== laneOf(card)
      ? { lanes: board().dataset.lanes, lane: to.dataset.lane }
      : {};
  const next = asCard(card.nextElementSibling);
  const previous = asCard(card.previousElementSibling);
  const place = next ? { before_id: idOf(next) } : previous ? { after_id: idOf(previous) } : { before_id: "" };
  return { status: same ? status : to.dataset.status, ...lane, ...place };
}

// The pointer's position: SortableJS leaves a card at the last allowed place that it saw, which after a quick movement is not
// where the card was dropped.
/** @type {{ clientX: number, clientY: number } | null} */
let pointer = null;
for (const name of ["dragover", "pointermove", "touchmove"])
  document.addEventListener(
    name,
    (event) => {
      const { touches, clientX, clientY } = /** @type {MouseEvent & Partial<TouchEvent>} */ (event);
      if (document.querySelector(".board.is-dragging")) pointer = touches?.[0] ?? { clientX, clientY };
    },
    { capture: true, passive: true },
  );
function dropTarget() {
  const at = pointer && document.elementFromPoint(pointer.clientX, pointer.clientY);
  return at?.closest(".cards") ?? at?.closest(".column");
}

/** @param {HTMLElement} list */
function makeListSortable(list) {
  /** @type {ReturnType<typeof placeOf> | null} */
  let from = null;
  Sortable.create(list, {
    group: "cards",
    draggable: ".card",
    animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
    delay: 180,
    delayOnTouchOnly: true,
    touchStartThreshold: 6,
    fallbackTolerance: 5, // a finger that is held still for the menu (touch-actions.js) trembles
    ghostClass: "card-ghost",
    dragClass: "card-drag",
    filter: ".button, .pick",
    preventOnFilter: false,
    scroll: true,
    bubbleScroll: true,
    onStart({ item }) {
      from = placeOf(item);
      board().classList.add("is-dragging");
      for (const each of [...columns(), ...cells()])
        each.dataset.allowed = mayMove(item, statusOf(each)) ? "yes" : "no";
    },
    onMove: ({ dragged, to }) => mayMove(dragged, statusOf(to)),
    onEnd({ item, to, oldIndex, newIndex }) {
      const on = dropTarget(),
        status = on?.dataset.status;
      board().classList.remove("is-dragging");
      pointer = null;
      for (const each of [...columns(), ...cells()]) delete each.dataset.allowed;
      if (!from) return;
      if (status && !mayMove(item, status)) {
        putBack(item, from);
        return toast(`From ${columnTitle(statusOf(item))} a task cannot go to ${columnTitle(status)}.`, "warn");
      }
      if (on?.matches(".cards") && on !== to) return void moveCard(item, on, null, from);
      if (to === from.cell && oldIndex === newIndex) return;
      moveCard(item, to, asCard(item.nextElementSibling), from);
    },
  });
}

/**
 * A day of the calendar: a task that is put there is due then.
 * @param {HTMLElement} day
 */
function makeDaySortable(day) {
  Sortable.create(day, {
    group: "days",
    draggable: ".card",
    delay: 180,
    delayOnTouchOnly: true,
    ghostClass: "card-ghost",
    filter: ".pick",
    preventOnFilter: false,
    async onEnd({ item, from, to }) {
      if (from === to) return;
      const { ok } = await post(`/boards/${board().dataset.board}/bulk`, {
        ids: idOf(item),
        due_date: to.dataset.day ?? "",
      });
      if (!ok) from.append(item);
      refreshCard(idOf(item), 0);
    },
  });
}

export function makeSortable() {
  if (!hasBoard() || board().dataset.fixed !== undefined) return;
  for (const day of board().querySelectorAll(".day-cards")) if (!Sortable.get(day)) makeDaySortable(day);
  for (const list of cells()) if (!Sortable.get(list)) makeListSortable(list);
}
