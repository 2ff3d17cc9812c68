// A board by keyboard: arrows or h j k l, Enter opens, x selects, 1..4 priority, a assigns, m moves (a menu of what is allowed).
import { board, cardsOf, cells, columns } from "./board-model.js";
import { deed, menu, pick, picked } from "./board-pick.js";
import { isWaiting, typing } from "./keys.js";
import { openTask } from "./panel.js";

const PRIORITIES = { 1: "low", 2: "medium", 3: "high", 4: "urgent" };
const STEPS = {
  ArrowUp: [0, -1],
  k: [0, -1],
  K: [0, -1],
  ArrowDown: [0, 1],
  j: [0, 1],
  J: [0, 1],
  ArrowLeft: [-1, 0],
  h: [-1, 0],
  ArrowRight: [1, 0],
  l: [1, 0],
};
const MENUS = { m: "move", a: "agent", t: "tag" };
const current = () => document.activeElement?.closest?.(".card");
const middle = (card) => {
  const box = card.getBoundingClientRect();
  return box.top + box.height / 2;
};

/** The cards of a column in their order, through all open lanes. */
const inColumn = (status) =>
  cells()
    .filter((cell) => cell.dataset.status === status && cell.offsetParent)
    .flatMap(cardsOf);

function step([across, down]) {
  const card = current();
  const full = columns()
    .map((column) => inColumn(column.dataset.status))
    .filter((list) => list.length);
  if (!full.length) return null;
  if (!card) return full[0][0];
  const here = full.findIndex((list) => list.includes(card));
  if (down) return full[here][full[here].indexOf(card) + down];
  const level = middle(card);
  return full[here + across]?.reduce((best, other) =>
    Math.abs(middle(other) - level) < Math.abs(middle(best) - level) ? other : best,
  );
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isWaiting() || !board()) return;
  if ((typing(event.target) && !event.target.matches(".pick")) || document.querySelector("dialog[open], :popover-open"))
    return;
  const card = current();
  const direction = STEPS[event.key];
  if (direction && (card || event.target === document.body || event.target.closest?.(".main"))) {
    event.preventDefault();
    const next = step(direction);
    if (event.shiftKey && card && next) {
      pick(card, true);
      pick(next, true);
    }
    next?.focus();
    next?.scrollIntoView({ block: "nearest", inline: "nearest" });
    return;
  }
  const chosen = picked();
  if (event.key === "x" && card) {
    event.preventDefault();
    return pick(card);
  }
  if (event.key === "Enter" && card && !event.target.closest("button")) {
    event.preventDefault();
    return openTask(card.dataset.id);
  }
  const cards = chosen.length ? chosen : card ? [card] : [];
  if (!cards.length || event.shiftKey) return;
  if (MENUS[event.key]) {
    event.preventDefault();
    menu(MENUS[event.key], cards, card ?? cards[0]);
  } else if (PRIORITIES[event.key]) {
    event.preventDefault();
    deed(
      { priority: PRIORITIES[event.key] },
      cards.map((each) => each.dataset.id),
    );
  }
});
