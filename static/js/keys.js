// Keys outside of text boxes. [data-key="c"] on a button or box makes the key press or focus it; boards add theirs in board-keys.js, the inbox in inbox.js.
import { openPalette } from "./palette.js";

const GO = { d: "/", i: "/inbox", b: "/boards", a: "/agents", s: "/skills", y: "/activity" };
let waiting = null;

export const typing = (target) => target.matches?.("input, textarea, select, [contenteditable]") ?? false;

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    return openPalette();
  }
  if (
    event.defaultPrevented ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    typing(event.target) ||
    document.querySelector("dialog[open]")
  )
    return;
  if (waiting) {
    clearTimeout(waiting);
    waiting = null;
    if (GO[event.key]) {
      event.preventDefault();
      event.stopImmediatePropagation();
      location.assign(GO[event.key]);
    }
    return;
  }
  if (event.key === "g") {
    waiting = setTimeout(() => {
      waiting = null;
    }, 1200);
    return;
  }
  if (event.key === "?") {
    event.preventDefault();
    return document.getElementById("keys")?.showModal();
  }
  const bound = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!bound) return;
  event.preventDefault();
  bound.matches("input, textarea") ? bound.focus() : bound.click();
});

export const isWaiting = () => waiting !== null;
