// Menus beside their openers with arrow keys, dialogs that open when htmx inserts them, the drawer, remembered folds, copying.
import { toast } from "./toasts.js";

document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target;
    if (!(menu instanceof HTMLElement)) return;
    if (menu instanceof HTMLDetailsElement && menu.dataset.remember) return storeFold(menu);
    if (!menu.matches(".menu[popover]")) return;
    const opener = document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
    opener?.setAttribute("aria-expanded", String(event.newState === "open"));
    // An open form is not replaced when its surroundings are refreshed, and keeps its version (morphSkip in head.html).
    if (menu.matches("form")) menu.classList.toggle("is-editing", event.newState === "open");
    if (event.newState !== "open") return menu.removeAttribute("style"); // htmx would copy it to the replacement, and the CSP refuses inline styles
    if (opener) placeMenu(menu, opener.getBoundingClientRect());
    menu.dispatchEvent(new CustomEvent("helix:open")); // its content may be fetched now
    (
      menu.querySelector("input:not([type=hidden]), select, textarea") ??
      menu.querySelector("[aria-checked=true]") ??
      menu.querySelector(".menu-item")
    )?.focus();
  },
  true,
);

/**
 * Places a menu below its opener, or above where there is no room; always within the window.
 * @param {HTMLElement} menu
 * @param {DOMRect} at
 */
export function placeMenu(menu, at) {
  const box = menu.getBoundingClientRect();
  const gap = 4,
    edge = 8;
  const left = at.left + box.width > innerWidth - edge ? at.right - box.width : at.left;
  const top = at.bottom + gap + box.height > innerHeight - edge ? at.top - gap - box.height : at.bottom + gap;
  Object.assign(menu.style, {
    inset: "auto",
    position: "fixed",
    left: `${Math.max(edge, left)}px`,
    top: `${Math.max(edge, top)}px`,
  });
}

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu");
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  const items = [...menu.querySelectorAll(".menu-item:not(:disabled)")].filter((item) => !item.hidden);
  if (!items.length) return;
  event.preventDefault();
  const here = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const next = {
    ArrowDown: (here + 1) % items.length,
    ArrowUp: (here <= 0 ? items.length : here) - 1,
    Home: 0,
    End: items.length - 1,
  }[event.key];
  items[next].focus();
});

document.addEventListener("input", (event) => {
  const filter = /** @type {HTMLInputElement} */ (event.target);
  if (!filter.matches("[data-filter]")) return;
  const words = filter.value.toLowerCase();
  filter
    .closest(".menu")
    .querySelectorAll(".menu-item")
    .forEach((item) => {
      item.hidden = !item.textContent.toLowerCase().includes(words);
    });
});

document.addEventListener("click", (event) => {
  const at = event.target;
  if (!(at instanceof Element)) return;
  const item = at.closest(".menu .menu-item");
  if (item) item.closest(".menu").hidePopover?.();
  if (at.closest("[data-close]")) at.closest("dialog")?.close();
  if (at instanceof HTMLDialogElement && at.matches(".dialog")) at.close(); // a click on the backdrop
  const opens = at.closest("[data-opens]");
  if (opens) openDialog(opens.dataset.opens);
  if (at.closest("[data-drawer]")) toggleDrawer(!document.body.classList.contains("drawer-open"));
  else if (document.body.classList.contains("drawer-open") && (!at.closest(".sidebar") || at.closest("a")))
    toggleDrawer(false);
  const copy = at.closest("[data-copy], [data-copy-from]");
  if (copy) copyText(copy);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.body.classList.contains("drawer-open")) {
    toggleDrawer(false);
    document.querySelector("[data-drawer]")?.focus();
  }
});

/** @param {string} id */
export function openDialog(id) {
  /** @type {HTMLDialogElement} */ (document.getElementById(id))?.showModal();
}

/** @param {boolean} open */
function toggleDrawer(open) {
  document.body.classList.toggle("drawer-open", open);
  document.querySelector("[data-drawer]")?.setAttribute("aria-expanded", String(open));
  if (open) document.querySelector(".sidebar a")?.focus();
}

/** @param {HTMLElement} from */
async function copyText(from) {
  const { copy, copyFrom } = from.dataset;
  /** @type {HTMLInputElement} */
  const source = copyFrom && document.querySelector(copyFrom);
  const text = copyFrom ? (source?.value ?? source?.textContent) : copy.startsWith("/") ? location.origin + copy : copy;
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied");
  } catch {
    toast("The browser does not allow copying here. Select the text and copy it yourself.", "warn");
  }
}

// A dialog that htmx inserts into #dialogs is opened here, and removed when it closes.
const dialogs = document.getElementById("dialogs");
function openNewDialog() {
  /** @type {HTMLDialogElement} */
  const dialog = dialogs.querySelector("dialog:not([open])");
  if (!dialog) return;
  for (const menu of document.querySelectorAll(".menu:popover-open")) menu.hidePopover();
  dialog.showModal();
  (
    dialog.querySelector("[aria-invalid=true]") ??
    dialog.querySelector("[autofocus]") ??
    dialog.querySelector("input:not([type=hidden]), textarea, select")
  )?.focus();
  dialog.addEventListener("close", () => dialog.remove());
}
if (dialogs) {
  new MutationObserver(openNewDialog).observe(dialogs, { childList: true });
  openNewDialog();
}

// After success, a form whose response is swapped elsewhere closes its dialog, and a form that is a menu closes itself.
document.addEventListener("htmx:after:request", (event) => {
  const { sourceElement: form, response } = event.detail.ctx;
  if (!(form instanceof HTMLFormElement) || !(response?.status < 400)) return;
  if (form.matches("[data-close-after]")) form.closest("dialog")?.close();
  if (form.matches(".menu[popover]")) {
    form.classList.remove("is-editing");
    form.hidePopover();
  }
});

/** @param {HTMLDetailsElement} fold */
function storeFold(fold) {
  try {
    localStorage.setItem(fold.dataset.remember, fold.open ? "open" : "shut");
  } catch {
    /* only convenience */
  }
}
/** @param {ParentNode} root */
export function restoreFolds(root) {
  /** @type {NodeListOf<HTMLDetailsElement>} */
  const folds = root.querySelectorAll("details[data-remember]");
  for (const fold of folds) {
    try {
      if (localStorage.getItem(fold.dataset.remember) === "shut") fold.open = false;
    } catch {
      /* only convenience */
    }
  }
}
restoreFolds(document);
