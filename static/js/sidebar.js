// Keeps the sidebar up to date: boards with their counts, and the number beside Inbox, fetched once for many events.
import htmx from "htmx.org";
import { restoreFolds } from "./menus-and-dialogs.js";

const AT_MOST_EVERY = 700; // milliseconds
/** @type {number | undefined} */
let timer;
let asked = 0;

function refreshSoon() {
  if (!timer) timer = setTimeout(fetchNow, Math.max(150, asked + AT_MOST_EVERY - performance.now()));
}

async function fetchNow() {
  timer = undefined;
  asked = performance.now();
  if (document.hidden) return;
  const here = /^\/boards\/(\d+)$/.exec(location.pathname);
  try {
    const response = await fetch(`/sidebar${here ? `?here=board-${here[1]}` : ""}`, {
      headers: { "HX-Request": "true", "HX-Request-Type": "partial" },
      cache: "no-store",
    });
    if (!response.ok) return; // other requests handle an expired session
    const holder = document.createElement("template");
    holder.innerHTML = await response.text();
    for (const id of ["nav-boards", "inbox-count"])
      replace(document.getElementById(id), holder.content.getElementById(id));
  } catch {
    timer = setTimeout(fetchNow, 3000);
  } // the connection banner is shown by event-stream.js
}

/**
 * @param {HTMLElement | null} old
 * @param {HTMLElement | null} fresh
 */
function replace(old, fresh) {
  if (!old || !fresh) return;
  const focused = old.contains(document.activeElement)
    ? document.activeElement?.closest("a")?.getAttribute("href")
    : null;
  const scrolled = old.scrollTop;
  restoreFolds(fresh);
  if (old.outerHTML === fresh.outerHTML) return;
  old.replaceWith(fresh);
  fresh.scrollTop = scrolled;
  htmx.process(fresh);
  if (focused) fresh.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

if (document.getElementById("nav-boards"))
  for (const name of ["task", "board", "reload"]) document.body.addEventListener(`helix:${name}`, refreshSoon);
