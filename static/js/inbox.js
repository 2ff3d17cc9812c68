// The inbox by keyboard: j and k move, a approves or allows, r sends back, denies or replies, e marks read, x selects, Enter
// opens the task.
// While several are selected, a and r act on all of them; Escape clears the selection.
// The server chooses the next item after a decision; this only presses what is on the page.
import htmx from "htmx.org";
import { eventElement, required } from "./elements.js";
import { isChordPending, isTyping } from "./shortcuts.js";

const hasInbox = () => document.getElementById("inbox") !== null;
const inbox = () => required("#inbox");
/** @returns {NodeListOf<HTMLAnchorElement>} */
const itemLinks = () => inbox().querySelectorAll("a[data-item]");
const items = () => [...itemLinks()];
/** @returns {HTMLAnchorElement | null} */
const current = () => inbox().querySelector('a[data-item][aria-current="true"]');

/** @param {HTMLElement} line */
function setCurrent(line) {
  for (const other of items()) other.toggleAttribute("aria-current", false);
  line.setAttribute("aria-current", "true");
}
/** @param {HTMLElement} line */
function markCurrent(line) {
  setCurrent(line);
  line.scrollIntoView({ block: "nearest" });
}

/** @param {number} by */
function moveBy(by) {
  const list = items();
  const now = current();
  const here = now ? list.indexOf(now) : -1;
  const next = list[Math.min(Math.max(here + by, 0), list.length - 1)];
  if (!next) return;
  next.focus({ preventScroll: true });
  if (next !== now) next.click();
}

/** @returns {NodeListOf<HTMLInputElement>} */
const selectedBoxes = () => inbox().querySelectorAll('input[name="ids"]:checked');
const selected = () => [...selectedBoxes()];
/** @returns {HTMLFormElement | null} */
const bulkForm = () => document.querySelector("#inbox-several");
/** @returns {HTMLDetailsElement | null} */
const bulkRejectFold = () => document.querySelector("#reject-several");
function showCount() {
  const place = bulkForm()?.querySelector("[data-chosen-count]");
  if (place) place.textContent = String(selected().length || "");
}
function toggleSelected() {
  /** @type {HTMLInputElement | null | undefined} */
  const box = current()?.closest(".inbox-row")?.querySelector('input[name="ids"]');
  if (!box) return;
  box.checked = !box.checked;
  showCount();
}
document.addEventListener("change", (event) => {
  if (eventElement(event)?.matches('input[name="ids"]')) showCount();
});
document.addEventListener("reset", (event) => {
  if (event.target === bulkForm()) setTimeout(showCount);
});

// The first field of an answer to an agent's question.
function focusAnswer() {
  /** @type {HTMLElement | null} */
  const first = inbox().querySelector(".request-form :is(textarea, select, input:not([type=hidden]))");
  first?.focus();
  return first !== null;
}

// After the current line has changed, keys and buttons that decide wait: a second press was meant for the line before.
const GUARD_MS = 300;
let changedAt = -Infinity;
function isGuarded() {
  const item = inbox().querySelector(".inbox-item");
  const isLoading = item instanceof HTMLElement && current() && item.dataset.key !== current()?.dataset.item;
  return isLoading || performance.now() - changedAt < GUARD_MS;
}
document.addEventListener(
  "click",
  (event) => {
    if (!hasInbox() || !eventElement(event)?.closest('[data-inbox-key="a"]') || !isGuarded()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);

/** @param {string} key */
function pressKey(key) {
  if (selected().length && key !== "e") {
    if (key === "a") bulkForm()?.requestSubmit();
    const fold = bulkRejectFold();
    if (key === "r" && fold) {
      fold.open = true;
      required("textarea", fold).focus();
    }
    return true;
  }
  const found = inbox().querySelector(`[data-inbox-key="${key}"]`);
  if (!found) return key === "r" && focusAnswer();
  const fold = found.closest("details");
  if (!fold) {
    found.click();
    return true;
  }
  fold.open = true;
  fold.querySelector("textarea")?.focus();
  return true;
}

document.addEventListener("click", (event) => {
  const line = eventElement(event)?.closest("a[data-item]");
  if (!line || event.metaKey || event.ctrlKey || event.shiftKey) return;
  markCurrent(line);
  lastCurrent = line.dataset.item; // chosen on purpose: nothing to guard against
  inbox().classList.add("inbox-chosen");
});

document.addEventListener(
  "toggle",
  (event) => {
    const fold = event.target;
    if (fold instanceof HTMLDetailsElement && fold.matches(".inbox-reject") && fold.open)
      fold.querySelector("textarea")?.focus();
  },
  true,
);

/** @type {Record<string, number>} */
const STEPS = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
document.addEventListener(
  "keydown",
  (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isChordPending() || !hasInbox())
      return;
    if (isTyping(event) || document.querySelector("dialog[open], :popover-open")) return;
    const by = STEPS[event.key];
    if (by) {
      event.preventDefault();
      return moveBy(by);
    }
    if (event.key === "x") {
      event.preventDefault();
      return toggleSelected();
    }
    if (event.key === "Escape" && selected().length) {
      event.preventDefault();
      return bulkForm()?.reset();
    }
    if (["a", "r", "e"].includes(event.key)) {
      if (event.key !== "e" && (event.repeat || (!selected().length && isGuarded()))) return event.preventDefault();
      if (pressKey(event.key)) event.preventDefault();
      return;
    }
    if (event.key !== "Enter" || eventElement(event)?.closest("button, summary, a:not([data-item])")) return;
    /** @type {HTMLAnchorElement | null} */
    const open = inbox().querySelector("a[data-inbox-open]");
    if (open) {
      event.preventDefault();
      location.assign(open.href);
    }
  },
  true,
);

// Live updates of the list keep the selection; a decision clears it.
/** @type {string[]} */
let selectedBefore = [];
document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  selectedBefore = ctx.target?.id === "inbox-list" ? selected().map((box) => box.value) : [];
});
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  for (const id of selectedBefore.splice(0)) {
    /** @type {HTMLInputElement | null} */
    const box = document.querySelector(`#pick-${CSS.escape(id)}`);
    if (box) box.checked = true;
  }
  if (ctx.target?.id !== "inbox") return;
  bulkForm()?.reset();
  const fold = bulkRejectFold();
  if (fold) fold.open = false;
});

// After a decision the next item is current: the address names it, and the keys continue from there.
let lastCurrent = current()?.dataset.item;
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!hasInbox()) return;
  showCount();
  // Another line may have become current since a refresh of the list was requested.
  const isList = ctx.target?.id === "inbox-list";
  const wanted = isList ? lastCurrent : inbox().querySelector(".inbox-item")?.getAttribute("data-key");
  const kept = items().find((line) => line.dataset.item === wanted);
  if (kept && kept !== current()) setCurrent(kept);
  const line = current();
  if (!line) return;
  // The keys act on the current line, so the focus does not stay on another one.
  const { activeElement } = document;
  if (activeElement === document.body || activeElement?.matches("a[data-item]")) line.focus({ preventScroll: true });
  // A list that was only refreshed keeps its scroll position.
  if (line.dataset.item !== lastCurrent) {
    line.scrollIntoView({ block: "nearest" });
    changedAt = performance.now();
  }
  lastCurrent = line.dataset.item;
  const address = line.getAttribute("href");
  if (location.pathname + location.search !== address) history.replaceState(history.state, "", address);
});

// A swiped row (touch-actions.js): to the right approves or allows it, to the left opens the form that sends it back or denies
// it. A row that is held is chosen.
document.addEventListener("helix:swipe", async (event) => {
  const line = eventElement(event)?.querySelector("a[data-item]");
  const address = line?.getAttribute("hx-get");
  if (!line || !address || !hasInbox() || isGuarded()) return;
  const { item } = line.dataset;
  const sendsBack = event.detail.to === "left";
  markCurrent(line);
  lastCurrent = item; // chosen on purpose: nothing to guard against
  await htmx.ajax("GET", address, { target: "#inbox-detail", swap: "innerHTML" });
  // Another row may be current by now, or the server may have refused.
  if (current()?.dataset.item !== item || isGuarded()) return;
  if (sendsBack) inbox().classList.add("inbox-chosen");
  pressKey(sendsBack ? "r" : "a");
});
document.addEventListener("helix:long-press", (event) => {
  /** @type {HTMLInputElement | null | undefined} */
  const box = eventElement(event)?.closest(".inbox-row")?.querySelector('input[name="ids"]');
  if (!box) return;
  box.checked = !box.checked;
  showCount();
});

// An undone decision is back in the list: it is shown again.
document.addEventListener("helix:undone", async ({ detail }) => {
  if (!hasInbox()) return;
  const address = `/inbox?item=task-${Number(detail?.id)}`;
  await htmx.ajax("GET", address, { target: "#inbox", swap: "outerMorph" });
});
