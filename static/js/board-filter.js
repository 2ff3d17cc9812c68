// Filters, lanes and saved views without a reload: fetches the board's page at its new address and replaces the old one.
// The open panel stays, and so does the focus in the search field. Back and forward work the same way.
import htmx from "htmx.org";
import { board, hasBoard } from "./board-model.js";
import { fetchPage } from "./board-updates.js";
import { eventElement, required } from "./elements.js";
import { showLoading } from "./requests.js";
import { closePanel, isOpen, openTask } from "./task-panel.js";
import { toast } from "./toasts.js";

const WAIT = 250; // milliseconds after the last letter
/** @param {string} search */
const withoutTask = (search) => {
  const query = new URLSearchParams(search);
  query.delete("task");
  query.delete("tab");
  return query.toString();
};
/** @returns {HTMLInputElement | null} */
const searchField = () => document.querySelector(".board-find input[type=search]");
let shown = withoutTask(location.search);
/** @type {number | undefined} */
let typing;

/**
 * Shows the board at that address. `push` false: the address is there already; `replace`: it replaces the one before.
 * @param {string} address
 */
async function showBoardAt(address, { push = true, replace = false } = {}) {
  const url = new URL(address, location.href);
  const now = new URLSearchParams(location.search);
  if (now.has("task") && isOpen())
    for (const name of ["task", "tab"]) {
      const value = now.get(name);
      if (value !== null) url.searchParams.set(name, value);
    }
  url.search = url.searchParams.toString(); // no trailing "?"
  const before = location.href;
  if (push) history[replace ? "replaceState" : "pushState"]({ htmx: true }, "", url);
  const asked = location.search;
  showLoading(true);
  try {
    const fresh = (await fetchPage())?.querySelector(".board-page");
    if (!fresh || location.search !== asked) return; // a newer request is on its way
    shown = withoutTask(asked);
    replacePage(fresh);
  } catch {
    if (push && location.search === asked) history.replaceState({ htmx: true }, "", before);
    toast("The server cannot be reached. The board is shown as it was.", "danger");
  } finally {
    showLoading(false);
  }
}

/** @param {HTMLElement} fresh */
function replacePage(fresh) {
  const page = required(".board-page");
  const oldField = searchField();
  const caret = oldField &&
    oldField === document.activeElement && {
      value: oldField.value,
      start: oldField.selectionStart,
      end: oldField.selectionEnd,
    };
  const focused = page.contains(document.activeElement) && !caret ? document.activeElement : null;
  const focusSelector = focused?.id
    ? `#${CSS.escape(focused.id)}`
    : focused?.getAttribute("popovertarget")
      ? `[popovertarget="${focused.getAttribute("popovertarget")}"]`
      : focused?.matches(".view")
        ? ".view[aria-current]"
        : focused
          ? ".board-find input[type=search]"
          : null;
  page.replaceWith(fresh);
  htmx.process(fresh);
  const open = isOpen() && new URLSearchParams(location.search).get("task");
  if (open) document.getElementById(`task-${open}`)?.classList.add("card-open");
  const field = searchField();
  if (caret && field) {
    field.value = caret.value;
    field.focus({ preventScroll: true });
    field.setSelectionRange(caret.start, caret.end);
  } else if (focusSelector) fresh.querySelector(focusSelector)?.focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("helix:board-new"));
}

/** @param {string} address */
const isThisBoard = (address) => new URL(address, location.href).pathname === location.pathname;
/**
 * @param {HTMLFormElement} form
 * @param {{ replace?: boolean }} [options]
 */
function submitFilter(form, options) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value !== "") query.append(name, String(value));
  showBoardAt(`?${query}`, options);
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  /** @type {HTMLAnchorElement | null | undefined} */
  const link = eventElement(event)?.closest(".board-bars a[href], #board-lanes a[href], #board-filter a[href]");
  if (!link || link.hasAttribute("hx-get") || !isThisBoard(link.href)) return;
  event.preventDefault();
  link.closest("[popover]")?.hidePopover();
  showBoardAt(link.href);
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches(".board-find, #board-filter")) return;
  event.preventDefault();
  clearTimeout(typing);
  if (form.matches("[popover]")) form.hidePopover();
  submitFilter(form);
});
document.addEventListener("input", (event) => {
  if (event.target !== searchField() || (event instanceof InputEvent && event.isComposing)) return;
  clearTimeout(typing);
  // A search is one history entry, however many letters it has.
  const replace = new URLSearchParams(location.search).has("q");
  typing = setTimeout(() => {
    const form = searchField()?.form;
    if (form) submitFilter(form, { replace });
  }, WAIT);
});
// A view was saved, changed or deleted: the server sends the address to show.
document.addEventListener("helix:narrow", ({ detail }) => showBoardAt(detail.address));

// htmx fires htmx:before:history:restore only for entries of its own.
if (!history.state?.htmx) history.replaceState({ htmx: true }, "", location.href);
document.addEventListener("htmx:before:history:restore", async (event) => {
  if (!hasBoard() || location.pathname !== `/boards/${board().dataset.board}`) return;
  event.preventDefault();
  const address = new URLSearchParams(location.search),
    task = address.get("task");
  if (withoutTask(location.search) !== shown) await showBoardAt(location.href, { push: false });
  if (task && document.getElementById("task-panel")?.dataset.id !== task)
    openTask(task, { push: false, tab: address.get("tab") ?? "" });
  else if (!task && isOpen()) closePanel({ push: false });
});
