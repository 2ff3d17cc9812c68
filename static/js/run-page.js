// The page of a run: a refresh keeps what the reader has opened, the text being written follows, and the end stays in view for a
// reader who is there. (Texts that were loaded whole are kept by morphSkip in head.html.)
import { eventElement } from "./elements.js";
import { beginningOf, clearText } from "./event-stream.js";

const CONVERSATION = ".conversation, #run-page";
const END = 80; // pixels from the end of the page at which a reader follows what is written

/** @type {Map<string, boolean>} which folds were open before a refresh, by id */
const opened = new Map();
document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  opened.clear();
  if (!(ctx.target instanceof HTMLElement) || !ctx.target.matches(CONVERSATION)) return;
  for (const fold of ctx.target.querySelectorAll("details[id]"))
    if (fold instanceof HTMLDetailsElement) opened.set(fold.id, fold.open);
});

const main = document.getElementById("main");
let isAtEnd = false;
main?.addEventListener(
  "scroll",
  () => {
    isAtEnd = main.scrollHeight - main.scrollTop - main.clientHeight < END;
  },
  { passive: true },
);
function follow() {
  if (main && isAtEnd && document.getElementById("run-page")) main.scrollTop = main.scrollHeight;
}

/** The stream repeats the text of the last turn until the next one begins; the conversation has it already. */
function dropSaid() {
  const box = document.getElementById("live-text");
  const said = box?.dataset.said;
  if (box && said && beginningOf(box).trimStart().startsWith(said)) clearText(box);
}

document.addEventListener("htmx:after:swap", () => {
  for (const [id, open] of opened) {
    const fold = document.getElementById(id);
    if (fold instanceof HTMLDetailsElement) fold.open = open;
  }
  opened.clear();
  dropSaid();
  follow();
});
document.body.addEventListener("helix:text", () => {
  dropSaid();
  follow();
});

// A reason for a denial is typed at once.
document.addEventListener(
  "toggle",
  (event) => {
    const fold = eventElement(event);
    if (fold instanceof HTMLDetailsElement && fold.matches(".run-asked .inbox-reject") && fold.open)
      fold.querySelector("textarea")?.focus();
  },
  true,
);
