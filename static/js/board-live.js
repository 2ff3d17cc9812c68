// Events: cards that changed are fetched again, many in one request, through the same rights and filters, and put where they belong.
import htmx from "htmx.org";
import { board, cardOf, columnOf, parse, put, take } from "./board-model.js";

const MOST = 100;
const due = new Set();
let timer = null;
let busy = false;

export function later(id, wait = 120) {
  due.add(String(id));
  timer ??= setTimeout(fetchDue, wait);
}

function here(path) {
  const query = new URLSearchParams(location.search);
  query.delete("task");
  return `/boards/${board().dataset.board}${path}?${query}`;
}
const asPart = { headers: { "HX-Request": "true", "HX-Request-Type": "partial" }, cache: "no-store" };

async function fetchDue() {
  timer = null;
  if (!board() || !due.size) return;
  if (busy || board().classList.contains("is-dragging")) {
    timer = setTimeout(fetchDue, 300);
    return;
  }
  const ids = [...due].slice(0, MOST);
  ids.forEach((id) => due.delete(id));
  busy = true;
  try {
    const response = await fetch(`${here("/cards")}&ids=${ids.join(",")}`, asPart);
    if (response.status === 404) return location.assign("/boards"); // the board is not ours any more
    if (!response.ok) throw new Error(String(response.status));
    const found = parse(await response.text());
    const strange = found.filter((card) => !put(card));
    const there = new Set(found.map((card) => card.dataset.id));
    for (const id of ids) {
      if (there.has(id)) continue;
      const old = cardOf(id);
      if (old) take(old);
    }
    board().dispatchEvent(new CustomEvent("helix:cards", { bubbles: true }));
    if (strange.length) heal();
  } catch {
    ids.forEach((id) => later(id, 3000));
  } finally {
    // away: the bar at the bottom says so
    busy = false;
  }
  if (due.size) timer ??= setTimeout(fetchDue, 50);
}

/** The page of this board as its address says it now: for a look at a part of it. Nothing when it cannot be had. */
export async function fetchHere() {
  const response = await fetch(here(""), asPart);
  if (response.status === 404) return void location.assign("/boards");
  if (!response.ok) throw new Error(String(response.status));
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

/** All of the board again: after a lost connection, and when it has a lane or a limit that this page does not know. */
export async function heal() {
  if (board().classList.contains("is-dragging")) return void setTimeout(heal, 500);
  const asked = location.search;
  let fresh;
  try {
    fresh = (await fetchHere())?.querySelector(".board");
  } catch {
    return void setTimeout(heal, 3000);
  }
  if (!fresh || location.search !== asked) return;
  const focused = document.activeElement?.closest(".card")?.id;
  const picked = [...document.querySelectorAll(".pick:checked")].map((pick) => pick.closest(".card").id);
  const open = document.querySelector(".card-open")?.id;
  const scrolled = new Map([...document.querySelectorAll(".cards, .board")].map((box) => [box.id, box.scrollTop]));
  const adding = [...board().querySelectorAll(".quick-add:not([hidden])")],
    typedInto = document.activeElement;
  fresh.classList.toggle("is-picking", board().classList.contains("is-picking"));
  board().replaceWith(fresh);
  for (const form of adding) columnOf(form.elements.status.value)?.querySelector(".quick-add")?.replaceWith(form);
  htmx.process(fresh);
  for (const id of picked) {
    const pick = document.querySelector(`#${id} .pick`);
    if (pick) pick.checked = true;
  }
  if (open) document.getElementById(open)?.classList.add("card-open");
  for (const [id, top] of scrolled) {
    const box = id && document.getElementById(id);
    if (box) box.scrollTop = top;
  }
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  else if (adding.some((form) => form.contains(typedInto))) typedInto.focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("helix:board-new"));
}

const on = (name, then) =>
  document.body.addEventListener(`helix:${name}`, ({ detail }) => {
    if (board() && board().dataset.fixed === undefined) then(detail ?? {});
  });
on("task", ({ id, board_id }) => {
  if (cardOf(id) || String(board_id) === board().dataset.board) later(id);
});
on("run", ({ task_id }) => {
  if (cardOf(task_id)) later(task_id);
});
on("comment", ({ task_id }) => {
  if (cardOf(task_id)) later(task_id);
});
on("agent", ({ id }) =>
  board()
    .querySelectorAll(`.card[data-agent="${id}"]`)
    .forEach((card) => later(card.dataset.id)),
);
on("board", ({ id }) => {
  if (String(id) === board().dataset.board) heal();
});
on("reload", () => setTimeout(heal, 50 + Math.random() * 1500));
