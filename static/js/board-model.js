// What a board is made of. Looked up each time: its parts are replaced when the filter changes or after a lost connection.
// .board[data-board="4"][data-lanes="agent"]; one .column[data-status][data-moves] a status; .cards[data-status][data-lane], one a column, or
// one a column and lane; .card[data-id][data-status][data-pos][data-v][data-agent]. A rejected card stands in To Do; its own moves are
// .board[data-moves-rejected].
export const board = () => document.querySelector(".board");
export const columns = () => [...board().querySelectorAll(".column")];
export const cells = () => [...board().querySelectorAll(".cards")];
export const cardsOf = (cell) => [...cell.querySelectorAll(".card")];
export const cardOf = (id) => document.getElementById(`task-${id}`);
export const home = (status) => (status === "rejected" ? "todo" : status);
export const columnOf = (status) => board().querySelector(`.column[data-status="${home(status)}"]`);

/** May this card go to that column? Within its own always; else as the move table says. */
export function allowed(card, status) {
  if (home(card.dataset.status) === status) return true;
  const moves =
    card.dataset.status === "rejected" ? board().dataset.movesRejected : columnOf(card.dataset.status)?.dataset.moves;
  return (moves ?? "").split(" ").includes(status);
}

/** The lane that a card belongs to: the id of its agent or "none", its priority, or nothing where there are no lanes. */
export function laneOf(card) {
  const by = board().dataset.lanes;
  return by === "agent"
    ? (card.dataset.agent ?? "none")
    : by === "priority"
      ? /pr-(\w+)/.exec(card.querySelector(".pr").className)[1]
      : undefined;
}
export function cell(status, lane) {
  return board().querySelector(
    `.cards[data-status="${home(status)}"]${lane === undefined ? "" : `[data-lane="${CSS.escape(lane)}"]`}`,
  );
}

export function parse(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return [...holder.content.querySelectorAll(".card")];
}

/** A fresh card in the place of the old one, which keeps what the person did with it. */
export function swap(old, fresh) {
  const focused = old.contains(document.activeElement);
  keep(old, fresh);
  old.replaceWith(fresh);
  if (focused) fresh.focus({ preventScroll: true });
  return fresh;
}
function keep(old, fresh) {
  if (old.classList.contains("card-open")) fresh.classList.add("card-open");
  const mine = fresh.querySelector(".pick");
  if (mine) mine.checked = old.querySelector(".pick")?.checked ?? false;
}

/** Puts a fresh card where it belongs, new or moved. False when there is no lane for it yet. */
export function put(fresh) {
  const old = cardOf(fresh.dataset.id);
  const there = cell(fresh.dataset.status, laneOf(fresh));
  if (!there) return false;
  if (old && old.dataset.pos === fresh.dataset.pos && old.parentElement === there) {
    swap(old, fresh);
    return true;
  }
  const focused = old?.contains(document.activeElement);
  if (old) {
    keep(old, fresh);
    take(old);
  }
  shift(there, 1);
  const after = cardsOf(there).find((card) => card.dataset.pos > fresh.dataset.pos);
  const more = there.querySelector(".column-more");
  if (!after && more) return true; // further down than what is loaded
  there.insertBefore(fresh, after ?? null);
  if (focused) fresh.focus({ preventScroll: true });
  return true;
}

export function take(card) {
  shift(card.parentElement, -1);
  card.remove();
}

/** Counts one more or less in the column and the lane of a cell. */
export function shift(there, by) {
  const column = there && columnOf(there.dataset.status);
  if (!column) return;
  count(column.querySelector("[data-count]"), by, (all, limit) => {
    column.classList.toggle("column-full", Boolean(limit) && all >= limit);
    column.dispatchEvent(new CustomEvent("helix:counted", { detail: { all }, bubbles: true }));
  });
  count(there.closest(".lane")?.querySelector("[data-count]"), by);
}
function count(place, by, then) {
  if (!place) return;
  const [now, limit] = place.textContent.split("/");
  const all = Math.max(0, Number(now.replace(/\D/g, "")) + by);
  place.textContent = limit ? `${all}/${limit}` : String(all);
  then?.(all, Number(limit));
}
