// The elements of a board. Looked up each time: they are replaced when the filter changes or after a lost connection.
// .board[data-board="4"][data-lanes="agent"]; one .column[data-status][data-moves] for each status; one .cards[data-status][data-lane] for
// each column, or for each column and lane; .card[data-id][data-status][data-pos][data-agent]. A rejected card is in To Do; its own
// moves are .board[data-moves-rejected].
import { required, requiredData } from "./elements.js";

export const hasBoard = () => document.querySelector(".board") !== null;
export const board = () => required(".board");
export const columns = () => [...board().querySelectorAll(".column")];
export const cells = () => [...board().querySelectorAll(".cards")];
/** @param {ParentNode} cell */
export const cardsOf = (cell) => [...cell.querySelectorAll(".card")];
/** @param {string | number} id */
export const cardOf = (id) => document.getElementById(`task-${id}`);
/** @param {HTMLElement} card */
export const idOf = (card) => requiredData(card, "id");
/** @param {HTMLElement} element a card, a column, or the cards of a column */
export const statusOf = (element) => requiredData(element, "status");
/** @param {HTMLElement} card */
const positionOf = (card) => requiredData(card, "pos");
export const selectedCards = () =>
  [...document.querySelectorAll(".pick:checked")].flatMap((pick) => pick.closest(".card") ?? []);
/** @param {string} status */
export const columnStatus = (status) => (status === "rejected" ? "todo" : status);
/** @param {string} status */
export const columnOf = (status) => board().querySelector(`.column[data-status="${columnStatus(status)}"]`);

/**
 * May this card go to that column? Within its own always, otherwise by the move table.
 * @param {HTMLElement} card
 * @param {string} status
 */
export function mayMove(card, status) {
  const now = statusOf(card);
  if (columnStatus(now) === status) return true;
  const moves = now === "rejected" ? board().dataset.movesRejected : columnOf(now)?.dataset.moves;
  return (moves ?? "").split(" ").includes(status);
}

/**
 * The lane that a card belongs to: the id of its agent or "none", its priority, or nothing where there are no lanes.
 * @param {HTMLElement} card
 */
export function laneOf(card) {
  const by = board().dataset.lanes;
  return by === "agent"
    ? (card.dataset.agent ?? "none")
    : by === "priority"
      ? /pr-(\w+)/.exec(required(".pr", card).className)?.[1]
      : undefined;
}
/**
 * @param {string} status
 * @param {string} [lane]
 * @returns {HTMLElement | null}
 */
export function cellOf(status, lane) {
  return board().querySelector(
    `.cards[data-status="${columnStatus(status)}"]${lane === undefined ? "" : `[data-lane="${CSS.escape(lane)}"]`}`,
  );
}

/** @param {string} html */
export function parseCards(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return [...template.content.querySelectorAll(".card")];
}

/**
 * Replaces a card with a fresh one, which keeps selection and focus of the old one.
 * @param {HTMLElement} old
 * @param {HTMLElement} fresh
 */
export function replaceCard(old, fresh) {
  const focused = old.contains(document.activeElement);
  copyState(old, fresh);
  old.replaceWith(fresh);
  if (focused) fresh.focus({ preventScroll: true });
  return fresh;
}
/**
 * @param {HTMLElement} old
 * @param {HTMLElement} fresh
 */
function copyState(old, fresh) {
  if (old.classList.contains("card-open")) fresh.classList.add("card-open");
  /** @type {HTMLInputElement | null} */
  const box = fresh.querySelector(".pick");
  /** @type {HTMLInputElement | null} */
  const oldBox = old.querySelector(".pick");
  if (box) box.checked = oldBox?.checked ?? false;
}

/**
 * Inserts or moves a fresh card to its place. False when its lane does not exist yet.
 * @param {HTMLElement} fresh
 */
export function putCard(fresh) {
  const old = cardOf(idOf(fresh));
  const there = cellOf(statusOf(fresh), laneOf(fresh));
  if (!there) return false;
  if (old && old.dataset.pos === fresh.dataset.pos && old.parentElement === there) {
    replaceCard(old, fresh);
    return true;
  }
  const focused = old?.contains(document.activeElement);
  if (old) {
    copyState(old, fresh);
    removeCard(old);
  }
  changeCount(there, 1);
  const after = cardsOf(there).find((card) => positionOf(card) > positionOf(fresh));
  const more = there.querySelector(".column-more");
  if (!after && more) return true; // below the last card that is loaded
  there.insertBefore(fresh, after ?? null);
  if (focused) fresh.focus({ preventScroll: true });
  return true;
}

/** @param {HTMLElement} card */
export function removeCard(card) {
  changeCount(card.parentElement, -1);
  card.remove();
}

/**
 * Changes the counts of a cell's column and lane.
 * @param {HTMLElement | null} there
 * @param {number} by
 */
export function changeCount(there, by) {
  const status = there?.dataset.status;
  const column = status && columnOf(status);
  if (!column) return;
  addToCount(column.querySelector("[data-count]"), by, (all, limit) => {
    column.classList.toggle("column-full", Boolean(limit) && all >= limit);
    column.dispatchEvent(new CustomEvent("helix:counted", { detail: { all }, bubbles: true }));
  });
  addToCount(there.closest(".lane")?.querySelector("[data-count]"), by);
}
/**
 * @param {Element | null | undefined} place
 * @param {number} by
 * @param {(all: number, limit: number) => void} [then]
 */
function addToCount(place, by, then) {
  if (!(place instanceof HTMLElement)) return;
  const shown = Math.max(0, Number(place.dataset.count) + by);
  place.dataset.count = String(shown);
  const limit = Number(place.dataset.limit ?? /\/(\d+)/.exec(place.textContent)?.[1] ?? 0);
  const { all: hidden } = place.dataset;
  if (hidden === undefined) {
    place.textContent = limit ? `${shown}/${limit}` : String(shown);
    return then?.(shown, limit);
  }
  // Under a filter: how many are shown of how many there are, and the limit is for all of them.
  const all = Math.max(shown, Number(hidden) + by);
  place.dataset.all = String(all);
  place.textContent = `${shown} of ${all}`;
  if (limit) place.title = `${all} of limit ${limit}`;
  then?.(all, limit);
}

/**
 * Gives a card the focus after an answer of the server, unless the person has gone on to another place meanwhile.
 * @param {HTMLElement | null} card
 */
export function focusAgain(card) {
  const at = document.activeElement;
  if (!at || at === document.body || card?.contains(at)) card?.focus();
}
