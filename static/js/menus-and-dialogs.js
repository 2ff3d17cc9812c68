// Menus beside their openers with arrow keys, dialogs that open when htmx inserts them, the drawer, remembered folds, copying.
import { closeDialog } from "./drafts.js";
import { eventElement, required, requiredData } from "./elements.js";
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
  const menu = eventElement(event)?.closest(".menu");
  if (!menu) return;
  const items = [...menu.querySelectorAll(".menu-item:not(:disabled)")].filter((item) => !item.hidden);
  const focused = document.activeElement;
  const here = focused instanceof HTMLElement ? items.indexOf(focused) : -1;
  /** @type {Record<string, number>} */
  const positions = {
    ArrowDown: (here + 1) % items.length,
    ArrowUp: (here <= 0 ? items.length : here) - 1,
    Home: 0,
    End: items.length - 1,
  };
  const next = items[positions[event.key] ?? -1];
  if (!next) return;
  event.preventDefault();
  next.focus();
});

document.addEventListener("input", (event) => {
  const filter = event.target;
  if (!(filter instanceof HTMLInputElement) || !filter.matches("[data-filter]")) return;
  const words = filter.value.toLowerCase();
  for (const item of filter.closest(".menu")?.querySelectorAll(".menu-item") ?? [])
    item.hidden = !item.textContent.toLowerCase().includes(words);
});

document.addEventListener("click", (event) => {
  const at = eventElement(event);
  if (!at) return;
  at.closest(".menu .menu-item")?.closest(".menu")?.hidePopover();
  if (at.closest("[data-close]")) closeDialog(at.closest("dialog"));
  if (at instanceof HTMLDialogElement && at.matches(".dialog")) closeDialog(at); // a click on the backdrop
  const opens = at.closest("[data-opens]");
  if (opens) openDialog(requiredData(opens, "opens"));
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
  const dialog = document.getElementById(id);
  if (dialog instanceof HTMLDialogElement) dialog.showModal();
}

/** @param {boolean} open */
function toggleDrawer(open) {
  document.body.classList.toggle("drawer-open", open);
  document.querySelector("[data-drawer]")?.setAttribute("aria-expanded", String(open));
  if (open) document.querySelector(".sidebar a")?.focus();
}

/**
 * The text that a button copies: what a field or another element holds, or its own, which may be an address on this site.
 * @param {HTMLElement} button
 */
function textToCopy(button) {
  const { copy = "", copyFrom } = button.dataset;
  if (!copyFrom) return copy.startsWith("/") ? location.origin + copy : copy;
  const source = required(copyFrom);
  const isField = source instanceof HTMLInputElement || source instanceof HTMLTextAreaElement;
  return isField ? source.value : source.textContent;
}
/** @param {HTMLElement} button */
async function copyText(button) {
  const text = textToCopy(button);
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied");
  } catch {
    toast("The browser does not allow copying here. Select the text and copy it yourself.", "warn");
  }
}

// A dialog that htmx inserts into #dialogs is opened here, and removed when it closes.
/** @param {HTMLElement} dialogs */
function openNewDialog(dialogs) {
  /** @type {HTMLDialogElement | null} */
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
const dialogs = document.getElementById("dialogs");
if (dialogs) {
  new MutationObserver(() => openNewDialog(dialogs)).observe(dialogs, { childList: true });
  openNewDialog(dialogs);
}

// After success, a form whose response is swapped elsewhere closes its dialog, and a form that is a menu closes itself.
document.addEventListener("htmx:after:request", (event) => {
  const { sourceElement: form, response } = event.detail.ctx;
  if (!(form instanceof HTMLFormElement) || !response || response.status >= 400) return;
  if (form.matches("[data-close-after]")) form.closest("dialog")?.close();
  if (form.matches(".menu[popover]")) {
    form.classList.remove("is-editing");
    form.hidePopover();
  }
});

/** @param {HTMLDetailsElement} fold */
function storeFold(fold) {
  const key = requiredData(fold, "remember");
  try {
    localStorage.setItem(key, fold.open ? "open" : "shut");
  } catch {
    /* only convenience */
  }
}
/** @param {ParentNode} root */
export function restoreFolds(root) {
  /** @type {NodeListOf<HTMLDetailsElement>} */
  const folds = root.querySelectorAll("details[data-remember]");
  for (const fold of folds) {
    const key = requiredData(fold, "remember");
    try {
      if (localStorage.getItem(key) === "shut") fold.open = false;
    } catch {
      /* only convenience */
    }
  }
}
restoreFolds(document);
