// The side panel of a task: /boards/4?task=17 opens it, the address follows, back and reload show the same. Also its width.
import htmx from "htmx.org";
const host = document.getElementById("panel");
const root = document.documentElement;

const plain = document.title; // of the page without a task
export const isOpen = () => document.body.classList.contains("panel-open");

let wanted = ""; // the task that was asked for last

export async function openTask(id, { push = true, tab = "" } = {}) {
  if (!host) return location.assign(`/tasks/${id}`);
  const address = new URL(location.href);
  address.searchParams.set("task", id);
  if (push) address.searchParams.delete("tab"); // that of another task
  mark(id);
  wanted = String(id);
  await htmx.ajax("GET", `/tasks/${id}/panel${tab ? `?tab=${encodeURIComponent(tab)}` : ""}`, {
    source: host,
    target: host,
    swap: "innerHTML",
  });
  if (wanted !== String(id)) return; // another one was opened meanwhile
  if (!host.querySelector(".panel")) return mark(null); // refused: the toast says why
  show(true);
  if (push) history.pushState({ htmx: true }, "", address);
  tell();
  host.focus({ preventScroll: true });
}

export function closePanel({ push = true } = {}) {
  const id = host?.querySelector("#task-panel")?.dataset.id;
  show(false);
  host?.replaceChildren();
  mark(null);
  document.title = plain;
  document.body.dispatchEvent(new CustomEvent("helix:panel-closed"));
  const address = new URL(location.href);
  address.searchParams.delete("task");
  address.searchParams.delete("tab");
  if (push) history.pushState({ htmx: true }, "", address);
  document.getElementById(`task-${id}`)?.focus({ preventScroll: true });
}

function show(open) {
  document.body.classList.toggle("panel-open", open);
  grip();
}
function mark(id) {
  document.querySelectorAll(".card-open").forEach((card) => card.classList.remove("card-open"));
  if (id) document.getElementById(`task-${id}`)?.classList.add("card-open");
}

/** The address names the tab that is shown, for a reload and for whom it is sent to; the title names the open task. */
function tell() {
  const panel = document.getElementById("task-panel");
  if (!panel) return;
  const address = new URL(location.href),
    { id, tab } = panel.dataset;
  if (address.searchParams.get("task") !== id && address.pathname !== `/tasks/${id}`) return; // it is on its way to another
  if (tab === "thread") address.searchParams.delete("tab");
  else address.searchParams.set("tab", tab);
  if (address.href !== location.href) history.replaceState({ htmx: true }, "", address);
  const title = panel.querySelector(".panel-title");
  if (host.contains(panel)) document.title = `${title.defaultValue ?? title.textContent} · ${plain}`;
}
document.addEventListener("htmx:after:swap", tell);

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (event.target.closest?.("[data-close-panel]")) return closePanel();
  const link = event.target.closest?.("a.card-title, a[data-task]");
  const id = link?.dataset.task ?? link?.closest(".card")?.dataset.id;
  if (!id || !host || !document.querySelector(".board, [data-panel]")) return;
  event.preventDefault();
  openTask(id);
});

// Escape closes, unless something above it or a text that is being written wants the key.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || !isOpen()) return;
  if (document.querySelector("dialog[open], :popover-open") || event.target.matches?.("input, textarea, select"))
    return;
  closePanel();
});
document.body.addEventListener("helix:gone", (event) => {
  if (host?.querySelector("#task-panel")?.dataset.id === String(event.detail.id)) closePanel();
});
// Somebody else deleted it, or closed the board to us.
document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  if (ctx.sourceElement?.id === "task-panel" && ctx.response.status === 404 && isOpen()) closePanel();
});

function grip() {
  if (!host || !isOpen() || host.querySelector(".panel-grip")) return;
  const bar = document.createElement("div");
  bar.className = "panel-grip";
  bar.tabIndex = 0;
  bar.setAttribute("role", "separator");
  bar.setAttribute("aria-orientation", "vertical");
  bar.setAttribute("aria-label", "Width of the panel");
  bar.setAttribute("aria-valuemin", 400);
  bar.setAttribute("aria-valuemax", Math.round(innerWidth * 0.8));
  bar.setAttribute("aria-valuenow", host.offsetWidth);
  host.append(bar);
  const width = (pixels) => {
    const wide = Math.round(Math.min(Math.max(pixels, 400), innerWidth * 0.8));
    root.style.setProperty("--panel", `${wide}px`);
    bar.setAttribute("aria-valuenow", wide);
    try {
      localStorage.setItem("panel", wide);
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
    const step = { ArrowLeft: 24, ArrowRight: -24 }[event.key];
    if (step) width(host.offsetWidth + step);
  });
}
try {
  const kept = Number(localStorage.getItem("panel"));
  if (kept) root.style.setProperty("--panel", `${kept}px`);
} catch {
  /* only convenience */
}

// A board whose address names a task: its panel is a request of its own, so that the cards do not wait for it.
const named = new URLSearchParams(location.search);
const fetched = host && !host.querySelector(".panel") && named.get("task") && document.querySelector(".board");
if (host?.querySelector(".panel")) show(true);
export const opening = fetched ? openTask(named.get("task"), { push: false, tab: named.get("tab") ?? "" }) : null;
