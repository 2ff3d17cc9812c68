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
  url.search = url.searchParams.toString().replaceAll("%2C", ","); // no trailing "?"
  const before = location.href;
  if (push) history[replace ? "replaceState" : "pushState"]({ htmx: true }, "", url);
  const asked = location.search;
  showLoading(true);
  try {
    const found = await fetchPage();
    const fresh = found?.querySelector(".board-page");
    if (!fresh || location.search !== asked) return; // a newer request is on its way
    shown = withoutTask(asked);
    replacePage(fresh);
    replaceMenus(found);
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

/**
 * The menus of filter and lanes stand beside the page. One that is open stays: it says already what was chosen in it.
 * @param {Document | undefined} found
 */
function replaceMenus(found) {
  for (const id of ["board-filter", "board-lanes", "board-display"]) {
    const old = document.getElementById(id);
    const fresh = found?.getElementById(id);
    if (!old || !fresh || old.matches(":popover-open")) continue;
    old.replaceWith(fresh);
    htmx.process(fresh);
  }
}

/** @param {string} address */
const isThisBoard = (address) => new URL(address, location.href).pathname === location.pathname;
/**
 * @param {HTMLFormElement} form
 * @param {{ replace?: boolean }} [options]
 */
function submitFilter(form, options) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value === "") continue;
    const before = query.get(name);
    query.set(name, before === null ? String(value) : `${before},${value}`);
  }
  const excluded = query
    .get("not")
    ?.split(",")
    .filter((name) => query.has(name));
  if (excluded?.length) query.set("not", excluded.join(","));
  else query.delete("not");
  showBoardAt(`?${query.toString().replaceAll("%2C", ",")}`, options);
}

// Each choice in the filter applies at once. All of them, until the menu is closed, are one entry of the history.
let choosing = false;
/** the field that a chip asks for @type {string} */
let wantedField = "";
document.addEventListener("change", (event) => {
  const form = eventElement(event)?.closest("#board-filter form");
  if (!(form instanceof HTMLFormElement)) return;
  submitFilter(form, { replace: choosing });
  choosing = true;
});
document.addEventListener(
  "toggle",
  (event) => {
    if (event.target instanceof HTMLElement && event.target.id === "board-filter") choosing = false;
  },
  true,
);
document.addEventListener("click", (event) => {
  const opener = eventElement(event)?.closest("[popovertarget=board-filter]");
  if (opener) wantedField = opener.dataset.filterField ?? "";
});
document.addEventListener("htmx:after:swap", () => {
  const form = document.querySelector("#board-filter:popover-open form");
  if (!form || form.contains(document.activeElement)) return;
  const field = wantedField && form.querySelector(`details[data-field="${CSS.escape(wantedField)}"]`);
  if (field instanceof HTMLDetailsElement) field.open = true;
  (field || form).querySelector("summary")?.focus();
});

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  /** @type {HTMLAnchorElement | null | undefined} */
  const link = eventElement(event)?.closest(
    ".board-bars a[href], .calendar-bar a[href], #board-lanes a[href], #board-display a[href], #board-filter a[href]",
  );
  if (!link || link.hasAttribute("hx-get") || !isThisBoard(link.href)) return;
  event.preventDefault();
  link.closest("[popover]")?.hidePopover();
  showBoardAt(link.href);
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches(".board-find, #board-filter form")) return;
  event.preventDefault();
  clearTimeout(typing);
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
