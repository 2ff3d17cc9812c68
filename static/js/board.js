// A board: dragging with what is allowed shown, cards that come and go with events, actions on cards.
// .board[data-board="4"]; .column[data-status][data-moves="in_progress done"]; .cards; .card[data-id][data-status][data-pos][data-v].
// A rejected card stands in the To Do column; its own moves are .board[data-moves-rejected].
import "../vendor/sortablejs/Sortable.min.js";
import "./board-keys.js";
import { post } from "./requests.js";

const board = document.querySelector(".board");
const columnOf = (status) => board.querySelector(`.column[data-status="${status === "rejected" ? "todo" : status}"]`);

/** May this card go there? Within its own column always; else as the move table says. */
export function allowed(card, column) {
  if (columnOf(card.dataset.status) === column) return true;
  const moves = card.dataset.status === "rejected" ? board.dataset.movesRejected : columnOf(card.dataset.status)?.dataset.moves;
  return (moves ?? "").split(" ").includes(column.dataset.status);
}
export const columns = () => [...board.querySelectorAll(".column")];

/** Moves at once, asks the server, and goes back where it came from when that is refused. */
export async function move(card, column, before, from = { parent: card.parentElement, next: card.nextElementSibling, column: card.closest(".column") }) {
  const cards = column.querySelector(".cards");
  cards.insertBefore(card, before ?? cards.querySelector(".column-more"));
  recount(from.column, column);
  card.setAttribute("aria-busy", "true");
  const same = columnOf(card.dataset.status) === column;
  const answer = await post(`/tasks/${card.dataset.id}/move`, { status: same ? card.dataset.status : column.dataset.status, before_id: before?.dataset.id ?? "", version: card.dataset.v, board: board.dataset.board });
  card.removeAttribute("aria-busy");
  if (answer.ok) return swap(card, answer.html);
  from.parent.insertBefore(card, from.next?.parentElement === from.parent ? from.next : null);
  recount(column, from.column);
  return card;
}

function swap(card, html) {
  const fresh = parse(html);
  if (!fresh) return card;
  if (card.contains(document.activeElement)) queueMicrotask(() => fresh.focus());
  for (const name of ["card-open"]) if (card.classList.contains(name)) fresh.classList.add(name);
  if (card.getAttribute("aria-selected") === "true") fresh.setAttribute("aria-selected", "true");
  card.replaceWith(fresh);
  htmx.process(fresh);
  return fresh;
}
function parse(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content.querySelector(".card");
}

function recount(from, to) {
  if (from === to) return;
  count(from, -1);
  count(to, 1);
}
function count(column, by) {
  const place = column?.querySelector("[data-count]");
  if (!place) return;
  const [now, limit] = place.textContent.split("/");
  const all = Math.max(0, Number(now.replace(/\D/g, "")) + by);
  place.textContent = limit ? `${all}/${limit}` : String(all);
  column.classList.toggle("column-full", Boolean(limit) && all >= Number(limit));
  if (all) column.classList.remove("column-folded");
}

// Dragging
for (const cards of board.dataset.fixed === undefined ? board.querySelectorAll(".cards") : []) {
  let from = null;
  Sortable.create(cards, {
    group: "cards", draggable: ".card", animation: 120, delay: 180, delayOnTouchOnly: true, touchStartThreshold: 6,
    ghostClass: "card-ghost", dragClass: "card-drag", filter: ".button", preventOnFilter: false, scroll: true, bubbleScroll: true,
    onStart({ item }) {
      from = { parent: item.parentElement, next: item.nextElementSibling, column: item.closest(".column") };
      board.classList.add("is-dragging");
      for (const column of columns()) column.dataset.allowed = allowed(item, column) ? "yes" : "no";
    },
    onMove: ({ dragged, to }) => allowed(dragged, to.closest(".column")),
    onEnd({ item, to, oldIndex, newIndex }) {
      board.classList.remove("is-dragging");
      columns().forEach((column) => delete column.dataset.allowed);
      if (to === from.parent && oldIndex === newIndex) return;
      const next = item.nextElementSibling;
      move(item, to.closest(".column"), next?.matches(".card") ? next : null, from);
    },
  });
}

// Events: a card is fetched again through the same rights and filters, and put where it belongs.
const due = new Map();
document.body.addEventListener("helix:task", ({ detail }) => {
  const here = document.getElementById(`task-${detail.id}`);
  if (here || String(detail.board_id) === board.dataset.board) later(detail.id);
});
document.body.addEventListener("helix:run", ({ detail }) => { if (document.getElementById(`task-${detail.task_id}`)) later(detail.task_id); });
document.body.addEventListener("helix:agent", ({ detail }) => board.querySelectorAll(`.card[data-agent="${detail.id}"]`).forEach((card) => later(card.dataset.id)));
document.body.addEventListener("helix:reload", () => board.querySelectorAll(".card").forEach((card) => later(card.dataset.id, 50 + Math.random() * 1500)));
function later(id, wait = 120) {
  clearTimeout(due.get(String(id)));
  due.set(String(id), setTimeout(() => { due.delete(String(id)); refresh(id); }, wait));
}

export async function refresh(id) {
  if (board.classList.contains("is-dragging")) return later(id, 400);
  const query = new URLSearchParams(location.search);
  query.delete("task");
  query.set("board", board.dataset.board);
  let response;
  try {
    response = await fetch(`/tasks/${id}/card?${query}`, { headers: { "HX-Request": "true", "HX-Request-Type": "partial" }, cache: "no-store" });
  } catch { return later(id, 3000); } // away: the bar at the bottom says so
  const old = document.getElementById(`task-${id}`);
  const fresh = response.status === 200 ? parse(await response.text()) : null;
  if (!fresh) {
    if (response.status === 404 || response.status === 204) { count(old?.closest(".column"), -1); old?.remove(); document.body.dispatchEvent(new CustomEvent("helix:gone", { detail: { id } })); }
    return;
  }
  const column = columnOf(fresh.dataset.status);
  if (old && old.dataset.pos === fresh.dataset.pos && old.closest(".column") === column) return void swap(old, fresh.outerHTML);
  if (old?.classList.contains("card-open")) fresh.classList.add("card-open");
  count(old?.closest(".column"), -1);
  old?.remove();
  count(column, 1);
  const cards = column?.querySelector(".cards");
  if (!cards) return;
  const after = [...cards.querySelectorAll(".card")].find((card) => card.dataset.pos > fresh.dataset.pos);
  if (!after && cards.querySelector(".column-more")) return; // further down than what is loaded
  cards.insertBefore(fresh, after ?? null);
  htmx.process(fresh);
}

// Buttons on cards, and the quick-add box of a column.
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.(".card [data-do]");
  if (button) {
    event.preventDefault();
    const { id } = button.closest(".card").dataset;
    if (button.dataset.do === "reject") return htmx.ajax("GET", `/tasks/${id}/reject`, { target: "#dialogs", swap: "innerHTML", source: button });
    button.disabled = true;
    const { ok } = await post(`/tasks/${id}/${button.dataset.do}`, { from: "board" });
    button.disabled = false;
    if (ok) refresh(id);
    return;
  }
  const opener = event.target.closest?.("[data-quick-add]");
  if (!opener) return;
  const form = opener.closest(".column").querySelector(".quick-add");
  form.hidden = !form.hidden;
  if (!form.hidden) form.querySelector("input:not([type=hidden])").focus();
});
document.addEventListener("keydown", (event) => {
  const form = event.key === "Escape" ? event.target.closest?.(".quick-add") : null;
  if (form) { form.hidden = true; form.closest(".column").querySelector("[data-quick-add]").focus(); }
});
