// The command palette: pages and commands at once; tasks, boards, agents and skills from the server while typing.
// GET <data-source>?q=... answers [{"label", "hint", "url", "icon"?, "task"?}]; "task" opens the panel on a board.

import { required } from "./elements.js";
import { openDialog } from "./menus-and-dialogs.js";
import { openTask } from "./task-panel.js";
import { setTheme } from "./theme-switch.js";

/** @typedef {{ label: string, hint?: string, url?: string, task?: number, run?: () => void }} Entry */

const hasPalette = document.getElementById("palette") !== null;
/** @returns {HTMLDialogElement} */
const palette = () => required("#palette");
/** @returns {HTMLInputElement} */
const searchField = () => required("input", palette());
const entryList = () => required("[role=listbox]", palette());
/** @param {string} selector */
const clicks = (selector) => () => document.querySelector(selector)?.click();
/** @type {Entry[]} */
let entriesShown = [];
let selected = 0;
/** @type {AbortController | undefined} */
let request;
/** @type {number | undefined} */
let timer;

/** @returns {Entry[]} */
const commands = () => [
  ...[...document.querySelectorAll(".sidebar .nav-link")].map((link) => ({
    label: required(".cut", link).textContent,
    hint: link.closest(".nav-dept") ? "Board" : "Go to",
    url: link.getAttribute("href") ?? undefined,
  })),
  { label: "New task", hint: "c", run: clicks('[data-key="c"]') },
  { label: "Keyboard shortcuts", hint: "?", run: () => openDialog("keys") },
  ...["light", "dark", "system"].map((theme) => ({
    label: theme === "system" ? "Theme: as the system" : `Theme: ${theme}`,
    hint: "Command",
    run: () => setTheme(theme),
  })),
];

export function openPalette() {
  if (!hasPalette || palette().open) return;
  searchField().value = "";
  palette().showModal();
  search("");
}

/** @param {string} words */
async function search(words) {
  const plain = words.trim().toLowerCase();
  const own = commands()
    .filter((entry) => entry.label.toLowerCase().includes(plain))
    .slice(0, plain ? 8 : 40);
  showEntries(own);
  request?.abort();
  clearTimeout(timer);
  if (!plain) return;
  timer = setTimeout(async () => {
    request = new AbortController();
    try {
      const response = await fetch(`${palette().dataset.source}?q=${encodeURIComponent(words)}`, {
        headers: { Accept: "application/json" },
        signal: request.signal,
      });
      if (!response.ok) return;
      /** @type {Entry[]} */
      const found = await response.json();
      const seen = new Set(own.map((entry) => entry.url));
      showEntries([...own, ...found.filter((entry) => !seen.has(entry.url))]);
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError"))
        showEntries([...own, { label: "The search cannot be reached right now", hint: "", run: () => search(words) }]);
    }
  }, 120);
}

/** @param {Entry[]} entries */
function showEntries(entries) {
  entriesShown = entries;
  selected = 0;
  const list = entryList();
  list.replaceChildren(
    ...entries.map((entry, index) => {
      const row = document.createElement("div");
      row.className = "menu-item";
      row.id = `palette-${index}`;
      row.setAttribute("role", "option");
      const label = document.createElement("span");
      label.className = "cut";
      label.dir = "auto";
      label.textContent = entry.label;
      const hint = document.createElement("span");
      hint.className = "push";
      hint.textContent = entry.hint ?? "";
      row.append(label, hint);
      row.addEventListener("pointermove", () => {
        if (selected !== index) {
          selected = index;
          markSelected();
        }
      });
      row.addEventListener("click", choose);
      return row;
    }),
  );
  if (!entries.length) list.textContent = "Nothing found.";
  markSelected();
}

function markSelected() {
  [...entryList().querySelectorAll("[role=option]")].forEach((row, index) => {
    row.setAttribute("aria-selected", String(index === selected));
    if (index === selected) {
      row.scrollIntoView({ block: "nearest" });
      searchField().setAttribute("aria-activedescendant", row.id);
    }
  });
}

/** @param {KeyboardEvent | MouseEvent} event */
function choose(event) {
  const entry = entriesShown[selected];
  if (!entry) return;
  palette().close();
  if (entry.run) entry.run();
  else if (entry.task && document.querySelector(".board")) openTask(entry.task);
  else if (entry.url && (event.ctrlKey || event.metaKey)) open(entry.url, "_blank", "noopener");
  else if (entry.url) location.assign(entry.url);
}

/** @type {Record<string, number>} */
const STEPS = { ArrowDown: 1, ArrowUp: -1 };
/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.key === "Enter") {
    event.preventDefault();
    choose(event);
    return;
  }
  const step = STEPS[event.key];
  if (!step || !entriesShown.length) return;
  event.preventDefault();
  selected = (selected + step + entriesShown.length) % entriesShown.length;
  markSelected();
}
if (hasPalette) {
  searchField().addEventListener("input", () => search(searchField().value));
  searchField().addEventListener("keydown", onKey);
}
