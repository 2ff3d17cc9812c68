// Keeps the sidebar up to date: boards with their counts, and the number beside Inbox, fetched once for many events.
import htmx from "htmx.org";
import Sortable from "sortablejs";
import { eventElement, requiredData } from "./elements.js";
import { restoreFolds } from "./menus-and-dialogs.js";
import { recentPages } from "./recent-pages.js";
import { post } from "./requests.js";

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

// What the person arranges: departments that are folded, the width, the order of favourites.
document.addEventListener("click", (event) => {
  const at = eventElement(event);
  const department = at?.closest("summary")?.closest("[data-department]");
  if (department instanceof HTMLDetailsElement)
    post("/sidebar/fold", { department: requiredData(department, "department"), folded: department.open ? 1 : 0 });
  if (at?.closest("[data-sidebar-toggle]")) toggleWidth();
});

function toggleWidth() {
  const root = document.documentElement;
  const width = root.dataset.sidebar === "narrow" ? "wide" : "narrow";
  root.dataset.sidebar = root.dataset.sidebarWidth = width;
  showWidth();
  post("/sidebar/width", { width });
}

function showWidth() {
  const button = document.querySelector("[data-sidebar-toggle]");
  const wide = document.documentElement.dataset.sidebar !== "narrow";
  button?.setAttribute("aria-expanded", String(wide));
  button?.setAttribute("title", wide ? "Fold the sidebar" : "Unfold the sidebar");
  button?.setAttribute("aria-label", wide ? "Fold the sidebar" : "Unfold the sidebar");
}

const favourites = () => document.querySelectorAll("#nav-starred [data-star]");
const storeOrder = () =>
  post("/sidebar/order", { keys: [...favourites()].map((link) => requiredData(link, "star")).join(",") });

/** @param {HTMLElement | null} list */
function sortFavourites(list) {
  if (!list) return;
  Sortable.create(list, {
    draggable: "[data-star]",
    animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
    delay: 180,
    delayOnTouchOnly: true,
    ghostClass: "card-ghost",
    onEnd: ({ oldDraggableIndex: from, newDraggableIndex: to }) => {
      if (from !== to) storeOrder();
    },
  });
}
sortFavourites(document.getElementById("nav-starred"));
document.addEventListener("htmx:after:swap", () => {
  const list = document.getElementById("nav-starred");
  if (list && !Sortable.get(list)) sortFavourites(list);
});
document.addEventListener("keydown", (event) => {
  const link = eventElement(event)?.closest("[data-star]");
  if (!link || !event.altKey || !event.shiftKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  const other = event.key === "ArrowUp" ? link.previousElementSibling : link.nextElementSibling;
  if (!(other instanceof HTMLElement) || !other.matches("[data-star]")) return;
  event.key === "ArrowUp" ? other.before(link) : other.after(link);
  if (link instanceof HTMLElement) link.focus();
  storeOrder();
});

const MOST_RECENT = 5;
function showRecent() {
  const group = document.getElementById("nav-recent");
  if (!group) return;
  const pages = recentPages().slice(0, MOST_RECENT);
  group.hidden = pages.length === 0;
  for (const page of pages) {
    const link = document.createElement("a");
    link.className = "nav-link";
    link.href = page.url;
    link.title = page.label;
    const label = document.createElement("span");
    label.className = "cut";
    label.textContent = page.label;
    link.append(label);
    group.append(link);
  }
}
showWidth();
showRecent();

if (document.getElementById("nav-boards"))
  for (const name of ["task", "board", "reload"]) document.body.addEventListener(`helix:${name}`, refreshSoon);
