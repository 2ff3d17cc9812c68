// The entry point of a board: loads its parts, prepares new cards, and handles the small forms on cards and columns.
import htmx from "htmx.org";
import "./board-shortcuts.js";
import "./board-filter.js";
import { makeSortable } from "./board-dragging.js";
import { applyFolds, toggleFold } from "./board-folding.js";
import { cardOf, columnOf, focusAgain, idOf, statusOf } from "./board-model.js";
import { refreshCard, reloadBoard } from "./board-updates.js";
import { eventElement, required } from "./elements.js";
import { placeMenu } from "./menus-and-dialogs.js";
import { post } from "./requests.js";

function prepareBoard() {
  applyFolds();
  makeSortable();
}
/**
 * Shows or hides the box for a new task in a column.
 * @param {HTMLElement} column
 * @param {boolean} [open]
 */
export function toggleQuickAdd(column, open) {
  const form = column.querySelector(".quick-add");
  if (!form) return;
  form.hidden = open === undefined ? !form.hidden : !open;
  if (!form.hidden) required("input:not([type=hidden])", form).focus();
}
// A task from the box of a column lands at the column's end: it is fetched at once and shown there.
document.body.addEventListener("helix:added", ({ detail: { id } }) => {
  if (id === undefined) return;
  refreshCard(id, 0);
  document.addEventListener("helix:cards", () => cardOf(id)?.scrollIntoView({ block: "nearest", inline: "nearest" }), {
    once: true,
  });
});
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
      focusAgain(cardOf(id));
    }
    return;
  }
  const column = at?.closest("[data-quick-add]")?.closest(".column");
  if (column) toggleQuickAdd(column);
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
/**
 * @param {HTMLElement} column
 * @param {HTMLElement} opener
 */
function openLimit(column, opener) {
  const form = required("#column-limit");
  const { status, limit } = limitFields(form);
  status.value = statusOf(column);
  limit.value = column.querySelector("[data-limit]")?.dataset.limit ?? "";
  required(".menu-head", form).textContent = `Most tasks in ${required("h2", column).textContent}`;
  form.showPopover();
  placeMenu(form, opener.getBoundingClientRect());
  limit.select();
}
document.addEventListener("click", (event) => {
  const opener = eventElement(event)?.closest("[data-limit]");
  const column = opener?.closest(".column");
  if (opener && column) openLimit(column, opener);
});

// The menu of a column is one for all of them: it is about the column whose button opened it, which may be replaced meanwhile.
let columnOfMenu = "";
document.addEventListener("click", (event) => {
  const at = eventElement(event);
  const opener = at?.closest("[data-column-menu]");
  const opened = opener?.closest(".column");
  if (opener && opened) {
    columnOfMenu = statusOf(opened);
    const menu = required("#column-menu");
    const mayAdd = Boolean(opened.querySelector("[data-quick-add]"));
    const add = menu.querySelector("[data-column-action=add]");
    if (add) add.hidden = !mayAdd;
    menu.showPopover();
    placeMenu(menu, opener.getBoundingClientRect());
    [...menu.querySelectorAll(".menu-item")].find((item) => !item.hidden)?.focus();
    return;
  }
  const action = at?.closest("[data-column-action]")?.dataset.columnAction;
  const column = action && columnOf(columnOfMenu);
  if (!column) return;
  if (action === "add") toggleQuickAdd(column, true);
  else if (action === "limit") openLimit(column, required("[data-column-menu]", column));
  else toggleFold(column);
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
