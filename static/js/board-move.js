// A card goes at once, the server is asked, and what is refused goes back to where it came from. By mouse and finger with SortableJS.
import Sortable from "sortablejs";
import { allowed, board, cells, columnOf, columns, home, laneOf, parse, shift, swap } from "./board-model.js";
import { later } from "./board-live.js";
import { post } from "./requests.js";
import { toast } from "./toasts.js";

const name = (status) => columnOf(status).querySelector("h2").textContent;
const placeOf = (card) => ({ cell: card.parentElement, next: card.nextElementSibling });
const putBack = (card, { cell, next }) =>
  cell.insertBefore(card, next?.parentElement === cell ? next : cell.querySelector(".column-more"));

/** To a cell, before a card of it or at its end. Gives the card as it is then. */
export async function move(card, to, before, from = placeOf(card)) {
  to.insertBefore(card, before ?? to.querySelector(".column-more"));
  if (from.cell !== to) {
    shift(from.cell, -1);
    shift(to, 1);
  }
  card.setAttribute("aria-busy", "true");
  const answer = await post(`/tasks/${card.dataset.id}/move`, { ...where(card, to), board: board().dataset.board });
  card.removeAttribute("aria-busy");
  if (!card.isConnected) {
    later(card.dataset.id);
    return card;
  } // an event was quicker
  if (answer.ok) {
    const [fresh] = parse(answer.html);
    return fresh ? swap(card, fresh) : card;
  }
  putBack(card, from);
  if (from.cell !== to) {
    shift(to, -1);
    shift(from.cell, 1);
  }
  later(card.dataset.id);
  return card;
}

function where(card, to) {
  const same = home(card.dataset.status) === to.dataset.status;
  const lane =
    to.dataset.lane !== undefined && to.dataset.lane !== laneOf(card)
      ? { lanes: board().dataset.lanes, lane: to.dataset.lane }
      : {};
  const next = card.nextElementSibling,
    last = card.previousElementSibling;
  const place = next?.matches(".card")
    ? { before_id: next.dataset.id }
    : last?.matches(".card")
      ? { after_id: last.dataset.id }
      : { before_id: "" };
  return { status: same ? card.dataset.status : to.dataset.status, ...lane, ...place };
}

// Where the pointer is: SortableJS leaves a card at the last place that it saw and that was allowed, and after a quick throw that is
// not where it was dropped.
let pointer = null;
for (const name of ["dragover", "pointermove", "touchmove"])
  document.addEventListener(
    name,
    (event) => {
      if (board()?.classList.contains("is-dragging")) pointer = event.touches?.[0] ?? event;
    },
    { capture: true, passive: true },
  );
function droppedOn() {
  const at = pointer && document.elementFromPoint(pointer.clientX, pointer.clientY);
  return at?.closest(".cards") ?? at?.closest(".column");
}

function sortable(list) {
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
      for (const column of columns()) column.dataset.allowed = allowed(item, column.dataset.status) ? "yes" : "no";
      for (const each of cells()) each.dataset.allowed = columnOf(each.dataset.status).dataset.allowed;
    },
    onMove: ({ dragged, to }) => allowed(dragged, to.dataset.status),
    onEnd({ item, to, oldIndex, newIndex }) {
      const on = droppedOn(),
        status = on?.dataset.status;
      board().classList.remove("is-dragging");
      pointer = null;
      for (const each of [...columns(), ...cells()]) delete each.dataset.allowed;
      if (status && !allowed(item, status)) {
        putBack(item, from);
        return toast(`From ${name(item.dataset.status)} a task cannot go to ${name(status)}.`, "warn");
      }
      if (on?.matches(".cards") && on !== to) return void move(item, on, null, from);
      if (to === from.cell && oldIndex === newIndex) return;
      const next = item.nextElementSibling;
      move(item, to, next?.matches(".card") ? next : null, from);
    },
  });
}

export function dress() {
  if (!board() || board().dataset.fixed !== undefined) return;
  for (const list of cells()) if (!Sortable.get(list)) sortable(list);
}
