// The inbox by keyboard: j and k move, a approves, r sends back (or replies), e marks read, x chooses several, Enter opens the task.
// While some are chosen, a and r are about all of them; Escape lets them go.
// The server chooses what comes after a decision; this only presses what is on the page.
import { isWaiting, typing } from "./keys.js";

const inbox = () => document.getElementById("inbox");
const all = () => [...inbox().querySelectorAll("a[data-item]")];
const current = () => inbox().querySelector('a[data-item][aria-current="true"]');

function choose(line) {
  if (!line) return;
  for (const other of all()) other.toggleAttribute("aria-current", false);
  line.setAttribute("aria-current", "true");
  line.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const list = all();
  if (!list.length) return;
  const here = list.indexOf(current());
  const next = list[Math.min(Math.max(here + by, 0), list.length - 1)];
  next.focus({ preventScroll: true });
  if (next !== current()) next.click();
}

const chosen = () => [...inbox().querySelectorAll('input[name="ids"]:checked')];
const several = () => document.getElementById("inbox-several");
function count() {
  const place = several()?.querySelector("[data-chosen-count]");
  if (place) place.textContent = chosen().length || "";
}
function pick() {
  const box = current()?.closest(".inbox-row")?.querySelector('input[name="ids"]');
  if (!box) return;
  box.checked = !box.checked;
  count();
}
document.addEventListener("change", (event) => {
  if (event.target.matches?.('input[name="ids"]')) count();
});
document.addEventListener("reset", (event) => {
  if (event.target === several()) setTimeout(count);
});

function press(key) {
  if (chosen().length && key !== "e") {
    if (key === "a") several().requestSubmit();
    const fold = document.getElementById("reject-several");
    if (key === "r") {
      fold.open = true;
      fold.querySelector("textarea").focus();
    }
    return true;
  }
  const found = inbox().querySelector(`[data-inbox-key="${key}"]`);
  if (!found) return false;
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
  const line = event.target.closest?.("a[data-item]");
  if (!line || event.metaKey || event.ctrlKey || event.shiftKey) return;
  choose(line);
  inbox().classList.add("inbox-chosen");
});

document.addEventListener(
  "toggle",
  (event) => {
    if (event.target.matches?.(".inbox-reject") && event.target.open) event.target.querySelector("textarea")?.focus();
  },
  true,
);

const STEPS = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
document.addEventListener(
  "keydown",
  (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isWaiting() || !inbox()) return;
    if (typing(event.target) || document.querySelector("dialog[open], :popover-open")) return;
    const by = STEPS[event.key];
    if (by) {
      event.preventDefault();
      return step(by);
    }
    if (event.key === "x") {
      event.preventDefault();
      return pick();
    }
    if (event.key === "Escape" && chosen().length) {
      event.preventDefault();
      return several().reset();
    }
    if (["a", "r", "e"].includes(event.key)) {
      if (press(event.key)) event.preventDefault();
      return;
    }
    if (event.key !== "Enter" || event.target.closest?.("button, summary, a:not([data-item])")) return;
    const open = inbox().querySelector("a[data-inbox-open]");
    if (open) {
      event.preventDefault();
      location.assign(open.href);
    }
  },
  true,
);

// What comes by itself takes no choice away; after a decision nothing is chosen.
let kept = [];
document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  kept = ctx.target?.id === "inbox-list" ? chosen().map((box) => box.value) : [];
});
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  for (const id of kept.splice(0)) {
    const box = document.getElementById(`pick-${id}`);
    if (box) box.checked = true;
  }
  if (ctx.target?.id !== "inbox" || !several()) return;
  several().reset();
  document.getElementById("reject-several").open = false;
});

// After a decision the next line is the chosen one: the address says so, and the keys go on from there.
let reached = current()?.dataset.item;
document.addEventListener("htmx:after:swap", () => {
  const line = inbox() && current();
  if (inbox()) count();
  if (!line) return;
  if (document.activeElement === document.body) line.focus({ preventScroll: true });
  // A list that only came anew stays where it was scrolled to.
  if (line.dataset.item !== reached) line.scrollIntoView({ block: "nearest" });
  reached = line.dataset.item;
  const address = line.getAttribute("href");
  if (location.pathname + location.search !== address) history.replaceState(history.state, "", address);
});
