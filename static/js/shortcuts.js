// Keyboard shortcuts outside of text boxes. [data-key="c"] on a button or box makes the key press or focus it; board-shortcuts.js and inbox.js add theirs.

import { openPalette } from "./command-palette.js";
import { eventElement } from "./elements.js";
import { openDialog } from "./menus-and-dialogs.js";

/** @type {Record<string, string>} */
const PAGES = { d: "/", i: "/inbox", m: "/my-tasks", b: "/boards", a: "/agents", s: "/skills", y: "/activity" };
/** @type {number | undefined} */
let chordTimer;

/** @param {Event} event */
export const isTyping = (event) => eventElement(event)?.matches("input, textarea, select, [contenteditable]") ?? false;

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
    isTyping(event) ||
    document.querySelector("dialog[open]")
  )
    return;
  if (chordTimer) {
    clearTimeout(chordTimer);
    chordTimer = undefined;
    const page = PAGES[event.key];
    if (page) {
      event.preventDefault();
      event.stopImmediatePropagation();
      location.assign(page);
    }
    return;
  }
  if (event.key === "g") {
    chordTimer = setTimeout(() => {
      chordTimer = undefined;
    }, 1200);
    return;
  }
  if (event.key === "?") {
    event.preventDefault();
    return openDialog("keys");
  }
  const bound = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!bound) return;
  event.preventDefault();
  bound.matches("input, textarea") ? bound.focus() : bound.click();
});

export const isChordPending = () => chordTimer !== undefined;
