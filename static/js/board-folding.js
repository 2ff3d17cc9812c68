// Columns and lanes that a person folded stay folded in this browser; an empty Approved and Cancelled start folded.
import { board, cells, columns, hasBoard, statusOf } from "./board-model.js";
import { eventElement } from "./elements.js";

const key = () => `folds-${board().dataset.board}`;
/** @returns {Record<string, boolean>} by the status of a column or the id of a lane */
function storedFolds() {
  try {
    return JSON.parse(localStorage.getItem(key()) ?? "null") ?? {};
  } catch {
    return {};
  }
}
/**
 * @param {string} name
 * @param {boolean} folded
 */
function storeFold(name, folded) {
  try {
    localStorage.setItem(key(), JSON.stringify({ ...storedFolds(), [name]: folded }));
  } catch {
    /* only convenience */
  }
}

/**
 * @param {HTMLElement} column
 * @param {boolean} folded
 */
function foldColumn(column, folded) {
  column.classList.toggle("column-folded", folded);
  // The tracks of the board's grid follow these classes; the ones that theme.js put on the page are about its first paint.
  document.documentElement.classList.remove(`folds-${statusOf(column)}`, `unfolds-${statusOf(column)}`);
  board().classList.toggle(`folds-${statusOf(column)}`, folded);
  for (const cell of cells()) if (statusOf(cell) === statusOf(column)) cell.classList.toggle("cell-folded", folded);
  const button = column.querySelector("[data-fold]");
  button?.setAttribute("aria-expanded", String(!folded));
  button?.setAttribute("title", folded ? "Unfold" : "Fold");
}
/**
 * @param {HTMLElement} lane
 * @param {boolean} folded
 */
function foldLane(lane, folded) {
  lane.classList.toggle("lane-folded", folded);
  lane.querySelector("[data-fold-lane]")?.setAttribute("aria-expanded", String(!folded));
}

export function applyFolds() {
  if (!hasBoard()) return;
  const folds = storedFolds();
  for (const column of columns())
    foldColumn(column, folds[statusOf(column)] ?? column.classList.contains("column-folded"));
  for (const lane of board().querySelectorAll(".lane")) {
    const folded = folds[lane.id];
    if (folded !== undefined) foldLane(lane, folded);
  }
}

/** @param {HTMLElement} column */
export function toggleFold(column) {
  const folded = !column.classList.contains("column-folded");
  foldColumn(column, folded);
  storeFold(statusOf(column), folded);
  column.querySelector("[data-fold]")?.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const at = hasBoard() ? eventElement(event) : null;
  if (!at) return;
  /** @type {HTMLElement | null} */
  const column = at.closest("[data-fold]")?.closest(".column") ?? at.closest(".column-folded");
  if (column) return toggleFold(column);
  const lane = at.closest("[data-fold-lane]")?.closest(".lane");
  if (lane) {
    const folded = !lane.classList.contains("lane-folded");
    foldLane(lane, folded);
    storeFold(lane.id, folded);
  }
});
// The first card of a column that was folded because it was empty unfolds it.
document.addEventListener("helix:counted", (event) => {
  const column = event.target;
  if (!(column instanceof HTMLElement) || !column.matches(".column-folded") || !event.detail.all) return;
  const status = statusOf(column);
  if (storedFolds()[status] === undefined && status !== "cancelled") foldColumn(column, false);
});
