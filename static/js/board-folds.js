// Columns and lanes that are folded by hand stay so in this browser; an empty Approved and Cancelled are folded from the start.
import { board, cells, columnOf, columns } from "./board-model.js";

const key = () => `folds-${board().dataset.board}`;
function kept() {
  try {
    return JSON.parse(localStorage.getItem(key())) ?? {};
  } catch {
    return {};
  }
}
function keep(name, folded) {
  try {
    localStorage.setItem(key(), JSON.stringify({ ...kept(), [name]: folded }));
  } catch {
    /* only convenience */
  }
}

function foldColumn(column, folded) {
  column.classList.toggle("column-folded", folded);
  for (const cell of cells())
    if (cell.dataset.status === column.dataset.status) cell.classList.toggle("cell-folded", folded);
  const button = column.querySelector("[data-fold]");
  button?.setAttribute("aria-expanded", String(!folded));
  button?.setAttribute("title", folded ? "Unfold" : "Fold");
}
function foldLane(lane, folded) {
  lane.classList.toggle("lane-folded", folded);
  lane.querySelector("[data-fold-lane]")?.setAttribute("aria-expanded", String(!folded));
}

export function dress() {
  if (!board()) return;
  const folds = kept();
  for (const column of columns())
    foldColumn(column, folds[column.dataset.status] ?? column.classList.contains("column-folded"));
  for (const lane of board().querySelectorAll(".lane")) {
    const folded = folds[lane.id];
    if (folded !== undefined) foldLane(lane, folded);
  }
}

document.addEventListener("click", (event) => {
  const at = event.target instanceof Element && board() ? event.target : null;
  if (!at) return;
  const column = at.closest("[data-fold]")?.closest(".column") ?? at.closest(".column-folded");
  if (column) {
    const folded = !column.classList.contains("column-folded");
    foldColumn(column, folded);
    keep(column.dataset.status, folded);
    column.querySelector("[data-fold]")?.focus({ preventScroll: true });
    return;
  }
  const lane = at.closest("[data-fold-lane]")?.closest(".lane");
  if (lane) {
    const folded = !lane.classList.contains("lane-folded");
    foldLane(lane, folded);
    keep(lane.id, folded);
  }
});
// The first card that comes into a column which was folded for being empty opens it.
document.addEventListener("helix:counted", ({ target, detail }) => {
  if (
    detail.all &&
    target.matches(".column-folded") &&
    kept()[target.dataset.status] === undefined &&
    target.dataset.status !== "cancelled"
  )
    foldColumn(columnOf(target.dataset.status), false);
});
