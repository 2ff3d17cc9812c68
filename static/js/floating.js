// Menus beside their openers with arrow keys, dialogs that open when they arrive, the drawer, remembered folds, copying.
import { toast } from "./toasts.js";

document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target;
    if (!(menu instanceof HTMLElement)) return;
    if (menu.matches("details[data-remember]")) return remember(menu);
    if (!menu.matches(".menu[popover]")) return;
    const opener = document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
    opener?.setAttribute("aria-expanded", String(event.newState === "open"));
    // A form that is open is left alone while what is around it is refreshed, with the version it was read at (head.html: morphSkip).
    if (menu.matches("form")) menu.classList.toggle("is-editing", event.newState === "open");
    if (event.newState !== "open") return menu.removeAttribute("style"); // htmx would carry it over to what comes anew, and the policy refuses that
    if (opener) place(menu, opener.getBoundingClientRect());
    menu.dispatchEvent(new CustomEvent("helix:open")); // what it holds may be fetched now
    (
      menu.querySelector("input:not([type=hidden]), select, textarea") ??
      menu.querySelector("[aria-checked=true]") ??
      menu.querySelector(".menu-item")
    )?.focus();
  },
  true,
);

/** Below the opener, or above where there is no room; always within the window. */
export function place(menu, at) {
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
  const here = items.indexOf(document.activeElement);
  const next = {
    ArrowDown: (here + 1) % items.length,
    ArrowUp: (here <= 0 ? items.length : here) - 1,
    Home: 0,
    End: items.length - 1,
  }[event.key];
  items[next].focus();
});

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-filter]")) return;
  const words = event.target.value.toLowerCase();
  event.target
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
  if (at.matches("dialog.dialog")) at.close(); // the backdrop
  const opens = at.closest("[data-opens]");
  if (opens) document.getElementById(opens.dataset.opens)?.showModal();
  if (at.closest("[data-drawer]")) drawer(!document.body.classList.contains("drawer-open"));
  else if (document.body.classList.contains("drawer-open") && (!at.closest(".sidebar") || at.closest("a")))
    drawer(false);
  const copy = at.closest("[data-copy], [data-copy-from]");
  if (copy) copyText(copy);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.body.classList.contains("drawer-open")) {
    drawer(false);
    document.querySelector("[data-drawer]")?.focus();
  }
});

function drawer(open) {
  document.body.classList.toggle("drawer-open", open);
  document.querySelector("[data-drawer]")?.setAttribute("aria-expanded", String(open));
  if (open) document.querySelector(".sidebar a")?.focus();
}

async function copyText(from) {
  const { copy, copyFrom } = from.dataset;
  const text = copyFrom
    ? (document.querySelector(copyFrom)?.value ?? document.querySelector(copyFrom)?.textContent)
    : copy.startsWith("/")
      ? location.origin + copy
      : copy;
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied");
  } catch {
    toast("The browser does not allow copying here. Select the text and copy it yourself.", "warn");
  }
}

// A dialog that htmx puts into #dialogs opens itself; closing takes it out again.
const dialogs = document.getElementById("dialogs");
function openNew() {
  const dialog = dialogs.querySelector("dialog:not([open])");
  if (!dialog) return;
  document.querySelectorAll(".menu:popover-open").forEach((menu) => menu.hidePopover());
  dialog.showModal();
  (
    dialog.querySelector("[aria-invalid=true]") ??
    dialog.querySelector("[autofocus]") ??
    dialog.querySelector("input:not([type=hidden]), textarea, select")
  )?.focus();
  dialog.addEventListener("close", () => dialog.remove());
}
if (dialogs) {
  new MutationObserver(openNew).observe(dialogs, { childList: true });
  openNew();
}

// A form whose answer goes elsewhere closes its dialog when it was accepted, and a form that is a menu itself closes.
document.addEventListener("htmx:after:request", (event) => {
  const { sourceElement: form, response } = event.detail.ctx;
  if (!(form instanceof HTMLFormElement) || !(response?.status < 400)) return;
  if (form.matches("[data-close-after]")) form.closest("dialog")?.close();
  if (form.matches(".menu[popover]")) {
    form.classList.remove("is-editing");
    form.hidePopover();
  }
});

function remember(fold) {
  try {
    localStorage.setItem(fold.dataset.remember, fold.open ? "open" : "shut");
  } catch {
    /* only convenience */
  }
}
export function rememberFolds(root) {
  root.querySelectorAll("details[data-remember]").forEach((fold) => {
    try {
      if (localStorage.getItem(fold.dataset.remember) === "shut") fold.open = false;
    } catch {
      /* only convenience */
    }
  });
}
rememberFolds(document);
