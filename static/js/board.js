// The entry point of a board: loads its parts, prepares new cards, and handles the small forms on cards and columns.
import htmx from "htmx.org";
import "./board-shortcuts.js";
import "./board-filter.js";
import { makeSortable } from "./board-dragging.js";
import { applyFolds } from "./board-folding.js";
import { cardOf, idOf, statusOf } from "./board-model.js";
import { refreshCard, reloadBoard } from "./board-updates.js";
import { eventElement, required, requiredData } from "./elements.js";
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
  const at = eventElement(event);
  /** @type {HTMLButtonElement | null | undefined} */
  const button = at?.closest(".card [data-action]");
  const card = button?.closest(".card");
  if (button && card) {
    event.preventDefault();
    const id = idOf(card);
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
  const form = at?.closest("[data-quick-add]")?.closest(".column")?.querySelector(".quick-add");
  if (!form) return;
  form.hidden = !form.hidden;
  if (!form.hidden) required("input:not([type=hidden])", form).focus();
});
document.addEventListener("keydown", (event) => {
  const form = event.key === "Escape" ? eventElement(event)?.closest(".quick-add") : null;
  if (form) {
    form.hidden = true;
    form.closest(".column")?.querySelector("[data-quick-add]")?.focus();
  }
});

// The limit of a column: a small form beside its number, for people who manage the board.
/** @param {HTMLElement} form */
function limitFields(form) {
  /** @type {HTMLInputElement} */
  const status = required("[name=status]", form);
  /** @type {HTMLInputElement} */
  const limit = required("[name=limit]", form);
  return { status, limit };
}
document.addEventListener("click", (event) => {
  const opener = eventElement(event)?.closest("[data-limit]");
  const column = opener?.closest(".column");
  if (!opener || !column) return;
  const form = required("#column-limit");
  const { status, limit } = limitFields(form);
  status.value = statusOf(column);
  limit.value = requiredData(opener, "limit");
  required(".menu-head", form).textContent = `Most tasks in ${required("h2", column).textContent}`;
  form.showPopover();
  placeMenu(form, opener.getBoundingClientRect());
  limit.select();
});
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.id !== "column-limit") return;
  event.preventDefault();
  const { status, limit } = limitFields(form);
  const none = event.submitter?.getAttribute("value") === "none";
  const { ok } = await post(form.action, { status: status.value, limit: none ? "" : limit.value });
  if (ok) {
    form.hidePopover();
    reloadBoard();
  }
});
