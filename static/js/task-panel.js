// The side panel of a task: /boards/4?task=17 opens it, the address follows, back and reload show the same. Also its width.
import htmx from "htmx.org";
import { eventElement, required, requiredData } from "./elements.js";

const host = document.getElementById("panel");
const root = document.documentElement;

const pageTitle = document.title; // of the page without a task
export const isOpen = () => document.body.classList.contains("panel-open");

let requestedTask = ""; // the id of the task requested last

/** @param {string | number} id */
export async function openTask(id, { push = true, tab = "" } = {}) {
  if (!host) return location.assign(`/tasks/${id}`);
  const address = new URL(location.href);
  address.searchParams.set("task", String(id));
  if (push) address.searchParams.delete("tab"); // that of another task
  markCard(id);
  requestedTask = String(id);
  await htmx.ajax("GET", `/tasks/${id}/panel${tab ? `?tab=${encodeURIComponent(tab)}` : ""}`, {
    source: host,
    target: host,
    swap: "innerHTML",
  });
  if (requestedTask !== String(id)) return; // another one was opened meanwhile
  if (!host.querySelector(".panel")) {
    show(false);
    return markCard(null); // refused: the toast says why
  }
  show(true);
  if (push) history.pushState({ htmx: true }, "", address);
  updateAddress();
  host.focus({ preventScroll: true });
}

export function closePanel({ push = true } = {}) {
  const id = host?.querySelector("#task-panel")?.dataset.id;
  show(false);
  host?.replaceChildren();
  markCard(null);
  document.title = pageTitle;
  document.body.dispatchEvent(new CustomEvent("helix:panel-closed"));
  const address = new URL(location.href);
  address.searchParams.delete("task");
  address.searchParams.delete("tab");
  if (push) history.pushState({ htmx: true }, "", address);
  document.getElementById(`task-${id}`)?.focus({ preventScroll: true });
}

/** @param {boolean} open */
function show(open) {
  document.body.classList.toggle("panel-open", open);
  addResizeHandle();
}
/** @param {string | number | null} id */
function markCard(id) {
  for (const card of document.querySelectorAll(".card-open")) card.classList.remove("card-open");
  if (id) document.getElementById(`task-${id}`)?.classList.add("card-open");
}

/** The address names the open tab, for a reload or a shared link; the title names the open task. */
function updateAddress() {
  const panel = document.getElementById("task-panel");
  if (!panel) return;
  const address = new URL(location.href);
  const id = requiredData(panel, "id");
  const tab = requiredData(panel, "tab");
  if (address.searchParams.get("task") !== id && address.pathname !== `/tasks/${id}`) return; // another task is being opened
  if (tab === "thread") address.searchParams.delete("tab");
  else address.searchParams.set("tab", tab);
  if (address.href !== location.href) history.replaceState({ htmx: true }, "", address);
  if (!host?.contains(panel)) return;
  const title = required(".panel-title", panel); // a heading when the task may not be edited
  document.title = `${title instanceof HTMLTextAreaElement ? title.defaultValue : title.textContent} · ${pageTitle}`;
}
document.addEventListener("htmx:after:swap", updateAddress);

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const at = eventElement(event);
  if (at?.closest("[data-close-panel]")) return closePanel();
  const link = at?.closest("a.card-title, a[data-task]");
  const id = link?.dataset.task ?? link?.closest(".card")?.dataset.id;
  if (!id || !host || !document.querySelector(".board, [data-panel]")) return;
  event.preventDefault();
  openTask(id);
});

// Escape closes the panel, unless a dialog or menu is open or a text box has the focus.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || !isOpen()) return;
  if (document.querySelector("dialog[open], :popover-open") || eventElement(event)?.matches("input, textarea, select"))
    return;
  closePanel();
});
document.body.addEventListener("helix:gone", ({ detail }) => {
  if (host?.querySelector("#task-panel")?.dataset.id === String(detail?.id)) closePanel();
});
// Deleted by somebody else, or the board is no longer visible to this person.
document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  if (ctx.sourceElement?.id === "task-panel" && ctx.response?.status === 404 && isOpen()) closePanel();
});

/** @type {Record<string, number>} pixels by which a key makes the panel wider */
const WIDTH_STEPS = { ArrowLeft: 24, ArrowRight: -24 };
function addResizeHandle() {
  if (!host || !isOpen() || host.querySelector(".panel-grip")) return;
  const bar = document.createElement("div");
  bar.className = "panel-grip";
  bar.tabIndex = 0;
  bar.setAttribute("role", "separator");
  bar.setAttribute("aria-orientation", "vertical");
  bar.setAttribute("aria-label", "Width of the panel");
  bar.setAttribute("aria-valuemin", "400");
  bar.setAttribute("aria-valuemax", String(Math.round(innerWidth * 0.8)));
  bar.setAttribute("aria-valuenow", String(host.offsetWidth));
  host.append(bar);
  /** @param {number} pixels */
  const width = (pixels) => {
    const wide = Math.round(Math.min(Math.max(pixels, 400), innerWidth * 0.8));
    root.style.setProperty("--panel", `${wide}px`);
    bar.setAttribute("aria-valuenow", String(wide));
    try {
      localStorage.setItem("panel", String(wide));
    } catch {
      /* only convenience */
    }
  };
  bar.addEventListener("pointerdown", (event) => {
    bar.setPointerCapture(event.pointerId);
    bar.classList.add("is-held");
  });
  bar.addEventListener("pointermove", (event) => {
    if (bar.hasPointerCapture(event.pointerId)) width(innerWidth - event.clientX);
  });
  bar.addEventListener("pointerup", () => bar.classList.remove("is-held"));
  bar.addEventListener("keydown", (event) => {
    const step = WIDTH_STEPS[event.key];
    if (step) width(host.offsetWidth + step);
  });
}
// A board whose address names a task: the panel is a request of its own, so that the cards need not wait for it.
const query = new URLSearchParams(location.search);
const addressed = query.get("task");
const loaded = host?.querySelector(".panel");
if (loaded) show(true);
const mustFetch = addressed && host && !loaded && document.querySelector(".board");
export const panelLoaded = mustFetch ? openTask(addressed, { push: false, tab: query.get("tab") ?? "" }) : null;
