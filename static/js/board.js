// The entry point of a board: loads its parts, prepares new cards, and handles the small forms on cards and columns.
import htmx from "htmx.org";
import "./board-shortcuts.js";
import "./board-filter.js";
import { makeSortable } from "./board-dragging.js";
import { applyFolds } from "./board-folding.js";
import { cardOf } from "./board-model.js";
import { refreshCard, reloadBoard } from "./board-updates.js";
import { placeMenu } from "./menus-and-dialogs.js";
import { post } from "./requests.js";

function prepareBoard() {
  applyFolds();
  makeSortable();
}
prepareBoard();
document.addEventListener("helix:board-new", prepareBoard);
// More cards of a column, or a lane that scrolled into view. A card that was moved there meanwhile is kept once.
document.addEventListener("htmx:after:swap", () => {
  const seen = new Set();
  for (const card of [...document.querySelectorAll(".board .card")].reverse()) {
    if (seen.has(card.id)) card.remove();
    else seen.add(card.id);
  }
  prepareBoard();
});

// Buttons on cards, and the quick-add box of a column.
document.addEventListener("click", async (event) => {
  /** @type {HTMLButtonElement} */
  const button = event.target.closest?.(".card [data-action]");
  if (button) {
    event.preventDefault();
    const { id } = button.closest(".card").dataset;
    if (button.dataset.action === "reject")
      return htmx.ajax("GET", `/tasks/${id}/reject`, { target: "#dialogs", swap: "innerHTML", source: button });
    button.disabled = true;
    const { ok } = await post(`/tasks/${id}/${button.dataset.action}`, { from: "board" });
    button.disabled = false;
    if (ok) {
      refreshCard(id, 0);
      cardOf(id)?.focus();
    }
    return;
  }
  const opener = event.target.closest?.("[data-quick-add]");
  const form = opener?.closest(".column").querySelector(".quick-add");
  if (!form) return;
  form.hidden = !form.hidden;
  if (!form.hidden) form.querySelector("input:not([type=hidden])").focus();
});
document.addEventListener("keydown", (event) => {
  const form = event.key === "Escape" ? event.target.closest?.(".quick-add") : null;
  if (form) {
    form.hidden = true;
    form.closest(".column").querySelector("[data-quick-add]").focus();
  }
});

// The limit of a column: a small form beside its number, for people who manage the board.
/** @param {HTMLFormElement} form */
function limitFields(form) {
  return /** @type {Record<"status" | "limit", HTMLInputElement>} */ (/** @type {unknown} */ (form.elements));
}
document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-limit]");
  if (!opener) return;
  const form = /** @type {HTMLFormElement} */ (document.getElementById("column-limit"));
  const { status, limit } = limitFields(form);
  const column = opener.closest(".column");
  status.value = column.dataset.status;
  limit.value = opener.dataset.limit;
  form.querySelector(".menu-head").textContent = `Most tasks in ${column.querySelector("h2").textContent}`;
  form.showPopover();
  placeMenu(form, opener.getBoundingClientRect());
  limit.select();
});
document.addEventListener("submit", async (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.id !== "column-limit") return;
  event.preventDefault();
  const { status, limit } = limitFields(form);
  const none = event.submitter?.getAttribute("value") === "none";
  const { ok } = await post(form.action, { status: status.value, limit: none ? "" : limit.value });
  if (ok) {
    form.hidePopover();
    reloadBoard();
  }
});
