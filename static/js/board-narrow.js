// Filters, lanes and views without a reload: the page of the board is fetched at its new address and takes the place of the old one.
// The panel that is open stays, and so does the focus in the field that is typed into. Back and forward go the same way.
import htmx from "htmx.org";
import { board } from "./board-model.js";
import { fetchHere } from "./board-live.js";
import { closePanel, isOpen, openTask } from "./panel.js";
import { loading } from "./requests.js";
import { toast } from "./toasts.js";

const WAIT = 250; // after the last letter
const withoutTask = (search) => {
  const query = new URLSearchParams(search);
  query.delete("task");
  query.delete("tab");
  return query.toString();
};
const field = () => document.querySelector(".board-find input[type=search]");
let shown = withoutTask(location.search);
let typing = null;

/** The board at that address. `push` false: the address is there already, or takes the place of the one before. */
async function narrow(address, { push = true, replace = false } = {}) {
  const url = new URL(address, location.href);
  const now = new URLSearchParams(location.search);
  if (now.has("task") && isOpen())
    for (const name of ["task", "tab"]) if (now.has(name)) url.searchParams.set(name, now.get(name));
  url.search = url.searchParams.toString(); // no lonely "?"
  const before = location.href;
  if (push) history[replace ? "replaceState" : "pushState"]({ htmx: true }, "", url);
  const asked = location.search;
  loading(true);
  try {
    const fresh = (await fetchHere())?.querySelector(".board-page");
    if (!fresh || location.search !== asked) return; // the next letter was quicker
    shown = withoutTask(asked);
    put(fresh);
  } catch {
    if (push && location.search === asked) history.replaceState({ htmx: true }, "", before);
    toast("The server cannot be reached. The board is shown as it was.", "danger");
  } finally {
    loading(false);
  }
}

function put(fresh) {
  const page = document.querySelector(".board-page");
  const found = document.activeElement === field() ? field() : null;
  const at = page.contains(document.activeElement) && !found ? document.activeElement : null;
  const again = at?.id
    ? `#${CSS.escape(at.id)}`
    : at?.getAttribute("popovertarget")
      ? `[popovertarget="${at.getAttribute("popovertarget")}"]`
      : at?.matches(".view")
        ? ".view[aria-current]"
        : at
          ? ".board-find input[type=search]"
          : null;
  const caret = found && [found.value, found.selectionStart, found.selectionEnd];
  page.replaceWith(fresh);
  htmx.process(fresh);
  const open = isOpen() && new URLSearchParams(location.search).get("task");
  if (open) document.getElementById(`task-${open}`)?.classList.add("card-open");
  if (caret) {
    field().value = caret[0];
    field().focus({ preventScroll: true });
    field().setSelectionRange(caret[1], caret[2]);
  } else if (again) fresh.querySelector(again)?.focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("helix:board-new"));
}

const ours = (address) => new URL(address, location.href).pathname === location.pathname;
function send(form, more) {
  const values = [...new FormData(form)].filter(([, value]) => value !== "");
  narrow(`?${new URLSearchParams(values)}`, more);
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = event.target.closest?.(".board-bars a[href], #board-lanes a[href], #board-filter a[href]");
  if (!link || link.hasAttribute("hx-get") || !ours(link.href)) return;
  event.preventDefault();
  link.closest("[popover]")?.hidePopover();
  narrow(link.href);
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches(".board-find, #board-filter")) return;
  event.preventDefault();
  clearTimeout(typing);
  if (form.matches("[popover]")) form.hidePopover();
  send(form);
});
document.addEventListener("input", (event) => {
  if (event.target !== field() || event.isComposing) return;
  clearTimeout(typing);
  // One step back leads out of a search, however many letters it had.
  const replace = new URLSearchParams(location.search).has("q");
  typing = setTimeout(() => {
    if (field()?.form) send(field().form, { replace });
  }, WAIT);
});
// A view was saved, changed or deleted: the server says where to look.
document.addEventListener("helix:narrow", ({ detail }) => narrow(detail.address));

// htmx tells of a way back only to entries that it knows.
if (!history.state?.htmx) history.replaceState({ htmx: true }, "", location.href);
document.addEventListener("htmx:before:history:restore", async (event) => {
  if (!board() || location.pathname !== `/boards/${board().dataset.board}`) return;
  event.preventDefault();
  const address = new URLSearchParams(location.search),
    task = address.get("task");
  if (withoutTask(location.search) !== shown) await narrow(location.href, { push: false });
  if (task && document.getElementById("task-panel")?.dataset.id !== task)
    openTask(task, { push: false, tab: address.get("tab") ?? "" });
  else if (!task && isOpen()) closePanel({ push: false });
});
