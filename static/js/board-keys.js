// A board by keyboard: arrows or h j k l, Enter opens, x selects, 1..4 priority, a assigns, m moves (a menu of what is allowed).
import { allowed, columns, move, refresh } from "./board.js";
import { isWaiting, typing } from "./keys.js";
import { openTask } from "./panel.js";
import { place } from "./floating.js";
import { post } from "./requests.js";

const PRIORITIES = { 1: "low", 2: "medium", 3: "high", 4: "urgent" };
const STEPS = { ArrowUp: [0, -1], k: [0, -1], ArrowDown: [0, 1], j: [0, 1], ArrowLeft: [-1, 0], h: [-1, 0], ArrowRight: [1, 0], l: [1, 0] };
const cardsOf = (column) => [...column.querySelectorAll(".card")];
const current = () => document.activeElement?.closest?.(".card");

function step([across, down]) {
  const card = current();
  const full = columns().filter((column) => cardsOf(column).length);
  if (!full.length) return;
  if (!card) return cardsOf(full[0])[0].focus();
  const column = card.closest(".column");
  const list = cardsOf(column);
  const row = list.indexOf(card);
  if (down) return list[Math.min(Math.max(row + down, 0), list.length - 1)].focus();
  const next = full[full.indexOf(column) + across];
  if (next) { const there = cardsOf(next); there[Math.min(row, there.length - 1)].focus(); }
}

function moveMenu(card) {
  document.getElementById("menu-move")?.remove();
  const menu = document.createElement("div");
  menu.className = "menu";
  menu.id = "menu-move";
  menu.popover = "auto";
  menu.setAttribute("role", "menu");
  menu.setAttribute("aria-label", "Move to");
  for (const column of columns()) {
    if (column.contains(card)) continue;
    const item = document.createElement("button");
    item.type = "button";
    item.className = "menu-item";
    item.setAttribute("role", "menuitem");
    item.disabled = !allowed(card, column);
    item.innerHTML = `<i class="st st-${column.dataset.status}"></i><span class="cut"></span>`;
    item.lastChild.textContent = column.querySelector("h2").textContent;
    item.addEventListener("click", async () => { (await move(card, column, column.querySelector(".card")))?.focus(); });
    menu.append(item);
  }
  document.body.append(menu);
  menu.addEventListener("toggle", (event) => { if (event.newState === "closed") { menu.remove(); } });
  menu.showPopover();
  place(menu, card.getBoundingClientRect());
  menu.querySelector("button:not(:disabled)")?.focus();
}

async function assign(id) {
  await openTask(id);
  document.querySelector('#panel [popovertarget="menu-agent"]')?.click();
}

function select(card) {
  card.setAttribute("aria-selected", String(card.getAttribute("aria-selected") !== "true"));
  announce();
}
/** Tells the bar of several (form[data-bulk]) which cards are chosen: a hidden `ids` for each, a count, shown or not. */
export function announce() {
  const bar = document.querySelector("form[data-bulk]");
  if (!bar) return;
  const chosen = [...document.querySelectorAll('.card[aria-selected="true"]')];
  bar.hidden = !chosen.length;
  bar.querySelector("[data-bulk-ids]").replaceChildren(...chosen.map((card) => Object.assign(document.createElement("input"), { type: "hidden", name: "ids", value: card.dataset.id })));
  bar.querySelector("[data-bulk-count]").textContent = chosen.length;
}
document.addEventListener("click", (event) => {
  const card = (event.shiftKey || event.metaKey || event.ctrlKey) && event.target.closest?.(".card");
  if (card) { event.preventDefault(); select(card); }
  if (event.target.closest?.("[data-bulk-clear]")) { document.querySelectorAll('.card[aria-selected="true"]').forEach((each) => each.removeAttribute("aria-selected")); announce(); }
}, true);

document.addEventListener("keydown", async (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isWaiting() || typing(event.target) || document.querySelector("dialog[open], :popover-open")) return;
  const direction = STEPS[event.key];
  const card = current();
  if (direction && (card || event.target === document.body || event.target.closest?.(".main"))) { event.preventDefault(); return step(direction); }
  if (!card || (event.key === "Enter" && event.target.closest("button"))) return;
  const { id } = card.dataset;
  if (event.key === "Enter") { event.preventDefault(); openTask(id); }
  else if (event.key === "x") { event.preventDefault(); select(card); }
  else if (event.key === "m") { event.preventDefault(); moveMenu(card); }
  else if (event.key === "a") { event.preventDefault(); assign(id); }
  else if (PRIORITIES[event.key]) {
    event.preventDefault();
    if ((await post(`/tasks/${id}/edit`, { priority: PRIORITIES[event.key], version: card.dataset.v })).ok) { await refresh(id); document.getElementById(`task-${id}`)?.focus(); }
  }
});
