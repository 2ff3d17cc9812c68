// Several cards: chosen by x, by Ctrl or Shift with a click, by the box on the card, by touch after "Select"; then moved, given, tagged together.
// The menus of deeds serve the bar and the keys alike: [data-deed="status=done"], aimed at what is chosen, or at the card under the focus.
import { allowed, board, cardsOf, cell, columns, laneOf } from "./board-model.js";
import { later } from "./board-live.js";
import { move } from "./board-move.js";
import { place } from "./floating.js";
import { ask, post } from "./requests.js";

export const picked = () => [...document.querySelectorAll(".pick:checked")].map((pick) => pick.closest(".card"));
const bar = () => document.getElementById("bulk-bar");
let anchor = null; // the id of the card that a range begins at: the card itself may be replaced by a fresh one
let aim = [];

export function pick(card, on) {
  const box = card.querySelector(".pick");
  if (!box) return;
  box.checked = on ?? !box.checked;
  anchor = card.id;
  tell();
}
function range(card) {
  const first = document.getElementById(anchor);
  const list = card.parentElement === first?.parentElement ? cardsOf(card.parentElement) : [];
  const [from, to] = [list.indexOf(first), list.indexOf(card)].sort((a, b) => a - b);
  if (from < 0) return pick(card);
  list.slice(from, to + 1).forEach((each) => {
    const box = each.querySelector(".pick");
    if (box) box.checked = true;
  });
  tell();
}
export function clear() {
  document.querySelectorAll(".pick:checked").forEach((box) => {
    box.checked = false;
  });
  board().classList.remove("is-picking");
  document.querySelector("[data-pick-mode]")?.setAttribute("aria-pressed", "false");
  tell();
}
function tell() {
  if (!bar()) return;
  const number = picked().length;
  if (!number && bar().contains(document.activeElement)) document.getElementById("main").focus();
  bar().hidden = !number;
  bar().querySelector("[data-bulk-count]").textContent = `${number} selected`;
}

/** Opens one of the menus for these cards, beside `at`. */
export function menu(name, cards, at) {
  const found = document.getElementById(`deeds-${name}`);
  if (!found || !cards.length) return;
  aim = cards.map((card) => card.dataset.id);
  for (const item of found.querySelectorAll('[data-deed^="status="]')) {
    const status = item.dataset.deed.slice(7);
    item.disabled =
      !cards.every((card) => allowed(card, status)) ||
      cards.every((card) => card.parentElement.dataset.status === status);
  }
  found.showPopover();
  place(found, at.getBoundingClientRect());
  (found.querySelector("input") ?? found.querySelector(".menu-item:not(:disabled)"))?.focus();
}

export async function deed(values, ids = aim) {
  const cards = ids.map((id) => document.getElementById(`task-${id}`)).filter(Boolean);
  const focused = document.activeElement?.closest(".card")?.dataset.id;
  if (values.status && cards.length === 1) {
    const to = cell(values.status, laneOf(cards[0]));
    if (to) {
      clear();
      return (await move(cards[0], to, cardsOf(to)[0]))?.focus();
    }
  }
  const { ok } = await post(`/boards/${board().dataset.board}/bulk`, { ids: ids.join(","), ...values });
  if (!ok) return;
  if (values.status || values.archived || values.delete) clear();
  ids.forEach((id) => later(id, 0));
  if (focused) document.getElementById(`task-${focused}`)?.focus();
}

document.addEventListener(
  "click",
  async (event) => {
    const at = event.target;
    if (!(at instanceof Element) || !board()) return;
    const card = at.closest(".board .card");
    if (at.matches(".pick")) {
      event.stopPropagation();
      if (event.shiftKey && anchor && anchor !== card.id) range(card);
      else {
        anchor = card.id;
        tell();
      }
      return;
    }
    const picking = board().classList.contains("is-picking");
    if (
      card?.querySelector(".pick") &&
      !at.closest(".button") &&
      (picking || event.shiftKey || event.metaKey || event.ctrlKey)
    ) {
      event.preventDefault();
      event.stopPropagation();
      getSelection()?.removeAllRanges();
      return event.shiftKey ? range(card) : pick(card);
    }
    if (at.closest("[data-pick-mode]")) {
      const on = board().classList.toggle("is-picking");
      at.closest("[data-pick-mode]").setAttribute("aria-pressed", String(on));
      if (!on) clear();
    }
    const opener = at.closest("[data-bulk-menu]");
    if (opener) menu(opener.dataset.bulkMenu, picked(), opener);
    if (at.closest("[data-bulk-clear]")) clear();
    const item = at.closest("[data-deed]");
    if (!item) return;
    const cards = item.closest("#bulk-bar") ? picked().map((each) => each.dataset.id) : aim;
    const values = Object.fromEntries(new URLSearchParams(item.dataset.deed));
    const them = cards.length === 1 ? "this task" : `${cards.length} tasks`;
    if (values.delete && !(await ask(`Delete ${them}? You can undo this for 30 days.`))) return;
    deed(values, cards);
  },
  true,
);
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-tag]")) return;
  event.preventDefault();
  const name = event.submitter?.name || "add_tags",
    text = event.target.elements.tags.value;
  event.target.reset();
  event.target.closest("[popover]").hidePopover();
  deed({ [name]: text });
});
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || !board() || document.querySelector("dialog[open], :popover-open")) return;
    if (
      event.target.matches?.("input:not([type=checkbox]), textarea, select") ||
      (!picked().length && !board().classList.contains("is-picking"))
    )
      return;
    event.preventDefault();
    event.stopImmediatePropagation();
    clear();
  },
  true,
);
document.addEventListener("helix:cards", tell);
document.addEventListener("helix:board-new", tell);
