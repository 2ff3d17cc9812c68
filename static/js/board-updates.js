// Live updates: cards that changed are fetched again, several in one request, with the same rights and filters, and moved to their place.
import htmx from "htmx.org";
import {
  board,
  cardOf,
  columnOf,
  hasBoard,
  idOf,
  parseCards,
  putCard,
  removeCard,
  selectedCards,
} from "./board-model.js";

const BATCH = 100;
/** @type {Set<string>} */
const due = new Set();
/** @type {number | undefined} */
let timer;
let busy = false;

/**
 * Fetches a card again after `wait` milliseconds, together with others that are due.
 * @param {string | number} id
 */
export function refreshCard(id, wait = 120) {
  due.add(String(id));
  if (!timer) timer = setTimeout(fetchDue, wait);
}

/** @param {string} path */
function boardUrl(path) {
  const query = new URLSearchParams(location.search);
  query.delete("task");
  return `/boards/${board().dataset.board}${path}?${query}`;
}
/** @type {RequestInit} */
const asPart = { headers: { "HX-Request": "true", "HX-Request-Type": "partial" }, cache: "no-store" };

async function fetchDue() {
  timer = undefined;
  if (!hasBoard() || !due.size) return;
  if (busy || board().classList.contains("is-dragging")) {
    timer = setTimeout(fetchDue, 300);
    return;
  }
  const ids = [...due].slice(0, BATCH);
  for (const id of ids) due.delete(id);
  busy = true;
  try {
    const response = await fetch(`${boardUrl("/cards")}&ids=${ids.join(",")}`, asPart);
    if (response.status === 404) return location.assign("/boards"); // deleted, or no longer visible to this person
    if (!response.ok) throw new Error(String(response.status));
    const found = parseCards(await response.text());
    const unplaced = found.filter((card) => !putCard(card));
    const there = new Set(found.map(idOf));
    for (const id of ids) {
      if (there.has(id)) continue;
      const old = cardOf(id);
      if (old) removeCard(old);
    }
    board().dispatchEvent(new CustomEvent("helix:cards", { bubbles: true }));
    if (unplaced.length) reloadBoard();
  } catch {
    for (const id of ids) refreshCard(id, 3000);
  } finally {
    busy = false;
  }
  if (due.size && !timer) timer = setTimeout(fetchDue, 50);
}

/** Fetches the page of this board at the current address, to take a part of it. Undefined when the board is gone. */
export async function fetchPage() {
  const response = await fetch(boardUrl(""), asPart);
  if (response.status === 404) return void location.assign("/boards");
  if (!response.ok) throw new Error(String(response.status));
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

/**
 * Fetches the whole board again: after a lost connection, or when it has a lane or a limit that this page does not show.
 * @returns {Promise<void>}
 */
export async function reloadBoard() {
  if (board().classList.contains("is-dragging")) return void setTimeout(reloadBoard, 500);
  const asked = location.search;
  /** @type {HTMLElement | null | undefined} */
  let fresh;
  try {
    fresh = (await fetchPage())?.querySelector(".board");
  } catch {
    return void setTimeout(reloadBoard, 3000);
  }
  if (!fresh || location.search !== asked) return;
  const focused = document.activeElement?.closest(".card")?.id;
  const selected = selectedCards().map((card) => card.id);
  const open = document.querySelector(".card-open")?.id;
  const scrolled = new Map([...document.querySelectorAll(".cards, .board")].map((box) => [box.id, box.scrollTop]));
  /** @type {NodeListOf<HTMLFormElement>} */
  const openForms = board().querySelectorAll(".quick-add:not([hidden])");
  const adding = [...openForms];
  const typedInto = document.activeElement;
  fresh.classList.toggle("is-picking", board().classList.contains("is-picking"));
  board().replaceWith(fresh);
  for (const form of adding)
    columnOf(String(new FormData(form).get("status")))
      ?.querySelector(".quick-add")
      ?.replaceWith(form);
  htmx.process(fresh);
  for (const id of selected) {
    /** @type {HTMLInputElement | null} */
    const pick = document.querySelector(`#${id} .pick`);
    if (pick) pick.checked = true;
  }
  if (open) document.getElementById(open)?.classList.add("card-open");
  for (const [id, top] of scrolled) {
    const box = id && document.getElementById(id);
    if (box) box.scrollTop = top;
  }
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  else if (typedInto instanceof HTMLElement && adding.some((form) => form.contains(typedInto)))
    typedInto.focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("helix:board-new"));
}

/**
 * @param {"task" | "run" | "comment" | "agent" | "board" | "reload"} name
 * @param {(detail: EventDetail) => void} then
 */
const on = (name, then) =>
  document.body.addEventListener(`helix:${name}`, ({ detail }) => {
    if (hasBoard() && board().dataset.fixed === undefined) then(detail ?? {});
  });
/** @param {EventDetail} detail */
const refreshItsTask = ({ task_id }) => {
  if (task_id !== undefined && cardOf(task_id)) refreshCard(task_id);
};
on("task", ({ id, board_id }) => {
  if (id !== undefined && (cardOf(id) || String(board_id) === board().dataset.board)) refreshCard(id);
});
on("run", refreshItsTask);
on("comment", refreshItsTask);
on("agent", ({ id }) => {
  for (const card of board().querySelectorAll(`.card[data-agent="${id}"]`)) refreshCard(idOf(card));
});
on("board", ({ id }) => {
  if (String(id) === board().dataset.board) reloadBoard();
});
on("reload", () => setTimeout(reloadBoard, 50 + Math.random() * 1500));
