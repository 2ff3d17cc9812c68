// Fingers on a phone. A row with data-swipe-right and data-swipe-left is swiped: past a distance, lifting the finger acts
// ("helix:swipe" on the row); back before that, nothing happens. A card or row that is held still and let go opens its menu
// ("helix:long-press"). Moving a held card drags it as before (SortableJS), moving up or down scrolls: both end the gesture.
// The same acts have buttons and keys.
import htmx from "htmx.org";
import { eventElement, requiredData } from "./elements.js";
import { placeMenu } from "./menus-and-dialogs.js";
import { post } from "./requests.js";
import { toast } from "./toasts.js";

const HOLD_MS = 450;
const SLOP = 10; // pixels that a finger may move and still be held still
const ACT_AT = 80; // pixels from which a swipe acts
const MOST = 120;
const HELD = ".board .card, [data-mine], .inbox-row:has(.inbox-pick)";

/**
 * @typedef {object} Touch
 * @property {number} id of the pointer
 * @property {number} x
 * @property {number} y
 * @property {HTMLElement | null} row that can be swiped
 * @property {HTMLElement | null} held what a long press is about
 * @property {boolean} isHeld long enough
 * @property {boolean} isSwiping
 * @property {ReturnType<typeof setTimeout>} [timer]
 */
/** @type {Touch | null} */
let touch = null;
let clicksFrom = 0; // a person's click before this time belongs to the gesture that has just ended

function end() {
  if (!touch) return;
  clearTimeout(touch.timer);
  touch.held?.classList.remove("is-held");
  if (touch.row) {
    touch.row.classList.remove("is-swiping", "will-act");
    touch.row.removeAttribute("style"); // htmx would copy it to the replacement, and the CSP refuses inline styles
    delete touch.row.dataset.swipe;
  }
  touch = null;
}

/** @param {Touch} of */
function hold(of) {
  of.isHeld = true;
  of.held?.classList.add("is-held");
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) navigator.vibrate?.(10);
}

document.addEventListener("pointerdown", (event) => {
  end(); // a second finger ends the gesture of the first
  const at = eventElement(event);
  if (event.pointerType !== "touch" || !event.isPrimary || !at || at.closest("button, input, select, textarea")) return;
  const isChoosing = document.querySelector('#inbox [name="ids"]:checked, .board.is-picking') !== null;
  const row = isChoosing ? null : at.closest("[data-swipe-right]");
  const held = document.querySelector(".board.is-picking") ? null : at.closest(HELD);
  if (!row && !held) return;
  const started = {
    id: event.pointerId,
    x: event.clientX,
    y: event.clientY,
    row,
    held,
    isHeld: false,
    isSwiping: false,
  };
  touch = started;
  if (held) touch.timer = setTimeout(() => hold(started), HOLD_MS);
});

document.addEventListener(
  "pointermove",
  (event) => {
    if (!touch || event.pointerId !== touch.id) return;
    const across = event.clientX - touch.x;
    const down = event.clientY - touch.y;
    if (!touch.isSwiping) {
      if (Math.max(Math.abs(across), Math.abs(down)) < SLOP) return;
      if (!touch.row || touch.isHeld || Math.abs(across) < 1.5 * Math.abs(down)) return end();
      clearTimeout(touch.timer);
      touch.held = null;
      touch.isSwiping = true;
      touch.row.classList.add("is-swiping");
    }
    const { row } = touch;
    if (!row) return;
    row.dataset.swipe = across > 0 ? "right" : "left";
    row.classList.toggle("will-act", Math.abs(across) >= ACT_AT);
    row.style.setProperty("--swipe", `${Math.max(-MOST, Math.min(MOST, across))}px`);
  },
  { passive: true },
);

document.addEventListener("pointerup", (event) => {
  if (!touch || event.pointerId !== touch.id) return;
  const { row, isHeld, isSwiping } = touch;
  // An event of the server may have replaced the card meanwhile.
  const same = touch.held?.isConnected ? touch.held : document.getElementById(touch.held?.id ?? "");
  const held = document.querySelector(".board.is-dragging") ? null : same;
  const to = row?.classList.contains("will-act") ? row.dataset.swipe : undefined;
  end();
  if (isSwiping || isHeld) clicksFrom = performance.now() + 400;
  if (isSwiping && row && to) row.dispatchEvent(new CustomEvent("helix:swipe", { detail: { to }, bubbles: true }));
  // Later: lifting the finger closes every menu that is open by then.
  if (held && isHeld) setTimeout(() => held.dispatchEvent(new CustomEvent("helix:long-press", { bubbles: true })));
});
document.addEventListener("pointercancel", end);
document.addEventListener("scroll", end, { capture: true, passive: true });

// The browser's own long press: the menu of a link, and dragging it.
for (const name of ["contextmenu", "dragstart"])
  document.addEventListener(name, (event) => {
    if (touch?.held || performance.now() < clicksFrom) event.preventDefault();
  });
window.addEventListener(
  "click",
  (event) => {
    if (
      !event.isTrusted ||
      performance.now() >= clicksFrom ||
      !eventElement(event)?.closest(`${HELD}, [data-swipe-right]`)
    )
      return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);

// The menu of a line of My tasks. A card of a board has the menus of the board (board-selection.js).
/** @type {HTMLElement | null} */
let line = null;
document.addEventListener("helix:long-press", (event) => {
  const found = eventElement(event)?.closest("[data-mine]");
  const menu = document.getElementById("mine-menu");
  if (!found || !menu) return;
  line = found;
  const { status, moves = "", runs } = found.dataset;
  for (const item of menu.querySelectorAll("[data-mine-action]")) {
    const action = requiredData(item, "mineAction");
    const isReview = action === "approve" || action === "reject";
    item.hidden =
      (isReview && status !== "review") ||
      (action === "execute" && runs === undefined) ||
      (action.startsWith("status=") && !moves.split(" ").includes(action.slice(7)));
  }
  menu.showPopover();
  placeMenu(menu, found.getBoundingClientRect());
  [...menu.querySelectorAll(".menu-item")].find((item) => !item.hidden)?.focus();
});
document.addEventListener("click", (event) => {
  const action = eventElement(event)?.closest("[data-mine-action]")?.dataset.mineAction;
  if (!action || !line) return;
  const id = requiredData(line, "mine");
  const board = requiredData(line, "board");
  if (action === "open") return location.assign(`/boards/${board}?task=${id}`);
  if (action === "reject")
    return void htmx.ajax("GET", `/tasks/${id}/reject`, { target: "#dialogs", swap: "innerHTML" });
  if (action === "approve" || action === "execute") return void post(`/tasks/${id}/${action}`, { from: "board" });
  const values = Object.fromEntries(new URLSearchParams(action));
  post(`/boards/${board}/bulk`, { ids: id, ...values });
});

// Once for each browser: the inbox says it below its list.
if (document.querySelector(".board .card, [data-mine]")) {
  try {
    if (localStorage.getItem("hint-long-press") === null) {
      localStorage.setItem("hint-long-press", "shown");
      toast("Hold a task for a moment and let go to see what you can do with it.", "info");
    }
  } catch {
    /* a browser that stores nothing shows no hint: it would come on every page */
  }
}
