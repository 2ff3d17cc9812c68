// The command palette: acts on what is open, pages visited last, places and commands at once; tasks, boards, agents and skills
// from the server while typing. GET <data-source>?q=... answers [{"label", "hint", "url", "icon", "group", "task"?}]; "task" opens
// the panel on a board. An icon is the name of one in icons.svg, or "st-<status>".

import { required, requiredData } from "./elements.js";
import { openDialog } from "./menus-and-dialogs.js";
import { recentPages, rememberPage } from "./recent-pages.js";
import { openTask } from "./task-panel.js";
import { setTheme } from "./theme-switch.js";

/** @typedef {{ label: string, hint?: string, icon?: string, group?: string, url?: string, task?: number, run?: () => void }} Entry */

const hasPalette = document.getElementById("palette") !== null;
/** @returns {HTMLDialogElement} */
const palette = () => required("#palette");
/** @returns {HTMLInputElement} */
const searchField = () => required("input", palette());
const entryList = () => required("[role=listbox]", palette());
const found = () => required("[role=status]", palette());
/** @type {Entry[]} */
let entriesShown = [];
let selected = 0;
/** @type {AbortController | undefined} */
let request;
/** @type {number | undefined} */
let timer;

// Controls of an open task or agent, as [what it does, its selector, icon]. Only those that the page shows are offered, so that
// what one may do is decided by the page alone. A label that is empty is read from the control.
/** @type {[string, string, string][]} */
const TASK_ACTS = [
  ["", 'form[action$="/execute"] button', "play"],
  ["Stop the run", 'form[action$="/cancel-run"] button', "square"],
  ["Approve", 'form[action$="/approve"] button', "check"],
  ["Send back…", 'a[href$="/reject"]', "corner-up-left"],
  ["Assign…", '[popovertarget="menu-agent"]', "bot"],
  ["Change the status…", '[popovertarget="menu-status"]', "square-kanban"],
  ["Change the priority…", '[popovertarget="menu-priority"]', "list"],
  ["Set a due date…", '[popovertarget="menu-due"]', "calendar"],
  ["Add tags…", '[popovertarget="menu-tags"]', "tag"],
  ["", 'form[action$="/watch"] button', "eye"],
  ["Copy the link", "[data-copy]", "link"],
  ["", 'form[action$="/archive"] button', "archive"],
];
/** @type {[string, string, string][]} */
const AGENT_ACTS = [
  ["Give it a task…", "[data-give-task]", "plus"],
  ["Try it", "[data-try]", "message-square"],
  ["Edit…", 'a[href$="/edit"]', "pencil"],
  ["Duplicate…", 'form[action$="/duplicate"] button', "copy"],
  ["", 'form[action$="/enabled"] button', "pause"],
  ["", 'form[action$="/watch"] button', "bell"],
];
/** The open item, its name, and what can be done with it. */
const CONTEXTS = [
  { selector: "#task-panel", name: ".panel-title", acts: TASK_ACTS },
  { selector: "#agent-head", name: ".agent-title", acts: AGENT_ACTS },
];

/** @returns {Entry[]} */
function openItemActs() {
  for (const { selector, name, acts } of CONTEXTS) {
    const item = document.querySelector(selector);
    if (!item) continue;
    const titled = item.querySelector(name);
    const title = titled instanceof HTMLTextAreaElement ? titled.value : titled?.textContent?.trim();
    return acts.flatMap(([label, control, icon]) => {
      const element = item.querySelector(control);
      if (!(element instanceof HTMLElement) || element.matches(":disabled")) return [];
      const words = label || element.textContent?.trim() || element.getAttribute("aria-label") || "";
      return [{ label: words, icon, group: title ? `On “${title}”` : "Actions", run: () => element.click() }];
    });
  }
  return [];
}

const MOST_RECENT = 6;

/** What the sidebar links to, once each: a favourite board stands there twice. @returns {Entry[]} */
function pages() {
  /** @type {Map<string, Entry>} */
  const found = new Map();
  for (const link of document.querySelectorAll(".sidebar .nav-link:not(#nav-recent *)")) {
    const url = link.getAttribute("href") ?? "";
    const isBoard = link.closest(".nav-dept") !== null;
    const icon = isBoard ? "square-kanban" : (link.querySelector("use")?.getAttribute("href")?.split("#")[1] ?? "");
    found.set(url, {
      label: required(".cut", link).textContent,
      hint: isBoard ? "Board" : "",
      icon,
      group: "Go to",
      url,
    });
  }
  return [...found.values()];
}
/** @returns {Entry[]} */
const commands = () => [
  { label: "New task", hint: "c", icon: "plus", group: "Create and set", run: clicks('[data-key="c"]') },
  { label: "Keyboard shortcuts", hint: "?", icon: "info", group: "Create and set", run: () => openDialog("keys") },
  ...[
    ["light", "sun"],
    ["dark", "moon"],
    ["system", "monitor"],
  ].map(([theme = "system", icon]) => ({
    label: `Theme: ${theme}`,
    icon,
    group: "Create and set",
    run: () => setTheme(theme),
  })),
];
/** @param {string} selector */
const clicks = (selector) => () => document.querySelector(selector)?.click();

export function openPalette() {
  if (!hasPalette || palette().open) return;
  searchField().value = "";
  palette().showModal();
  search("");
}

/**
 * @param {Entry[]} entries
 * @param {string} words
 */
function matching(entries, words) {
  const sought = words.toLowerCase().split(/\s+/);
  return entries.filter(({ label }) => sought.every((word) => label.toLowerCase().includes(word)));
}

/** @param {string} typed */
async function search(typed) {
  const words = typed.trim();
  request?.abort();
  clearTimeout(timer);
  if (!words) {
    const own = recentPages()
      .slice(0, MOST_RECENT)
      .map((page) => ({ ...page, group: "Recent" }));
    return showEntries([...openItemActs(), ...own, ...pages(), ...commands()]);
  }
  const own = [...matching(openItemActs(), words), ...matching(pages(), words).slice(0, 8)];
  const other = matching(commands(), words);
  /** @type {Entry} */
  const everything = {
    label: `Search all tasks for “${words}”`,
    icon: "search",
    group: "Search",
    url: `/search?q=${encodeURIComponent(words)}`,
  };
  showEntries([...own, ...other, everything]);
  timer = setTimeout(async () => {
    request = new AbortController();
    try {
      const response = await fetch(`${palette().dataset.source}?q=${encodeURIComponent(words)}`, {
        headers: { Accept: "application/json" },
        signal: request.signal,
      });
      if (!response.ok) return;
      /** @type {Entry[]} */
      const answer = await response.json();
      const seen = new Set(own.map((entry) => entry.url));
      showEntries([...own, ...answer.filter((entry) => !seen.has(entry.url)), ...other, everything]);
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      const retry = { label: "The search cannot be reached. Try again", icon: "rotate-ccw", group: "Search" };
      showEntries([...own, ...other, { ...retry, run: () => reopen(typed) }]);
    }
  }, 120);
}

/** @param {string} typed */
function reopen(typed) {
  palette().showModal();
  searchField().value = typed;
  search(typed);
}

/** @param {Entry[]} entries */
function showEntries(entries) {
  // The entries of one group together, in the order in which the groups come first.
  const groups = [...new Set(entries.map((entry) => entry.group ?? ""))];
  entriesShown = groups.flatMap((group) => entries.filter((entry) => (entry.group ?? "") === group));
  selected = 0;
  let index = 0;
  entryList().replaceChildren(
    ...groups.map((group, number) => {
      const section = document.createElement("div");
      section.setAttribute("role", "group");
      section.setAttribute("aria-labelledby", `palette-group-${number}`);
      const head = document.createElement("div");
      head.className = "menu-head cut";
      head.id = `palette-group-${number}`;
      head.setAttribute("role", "presentation");
      head.textContent = group;
      const rows = entriesShown.filter((entry) => (entry.group ?? "") === group);
      section.append(head, ...rows.map((entry) => entryRow(entry, index++)));
      return section;
    }),
  );
  if (!entries.length) entryList().textContent = "Nothing found.";
  found().textContent = entries.length ? `${entries.length} results` : "Nothing found";
  markSelected();
}

/**
 * @param {Entry} entry
 * @param {number} index
 */
function entryRow(entry, index) {
  const row = document.createElement("div");
  row.className = "menu-item";
  row.id = `palette-${index}`;
  row.setAttribute("role", "option");
  const label = document.createElement("span");
  label.className = "cut";
  label.dir = "auto";
  label.textContent = entry.label;
  const hint = document.createElement("span");
  hint.className = "push cut";
  hint.textContent = entry.hint ?? "";
  row.append(iconOf(entry.icon ?? ""), label, hint);
  row.addEventListener("pointermove", () => {
    if (selected !== index) {
      selected = index;
      markSelected();
    }
  });
  row.addEventListener("click", choose);
  return row;
}

const SVG = "http://www.w3.org/2000/svg";
/** @param {string} name */
function iconOf(name) {
  if (name.startsWith("st-")) {
    const ring = document.createElement("i");
    ring.className = `st ${name}`;
    ring.setAttribute("aria-hidden", "true");
    return ring;
  }
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${requiredData(palette(), "icons")}#${name}`);
  svg.append(use);
  return svg;
}

function markSelected() {
  const rows = [...entryList().querySelectorAll("[role=option]")];
  if (!rows.length) searchField().removeAttribute("aria-activedescendant");
  rows.forEach((row, index) => {
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
  if (entry.url) rememberPage(entry.task ? `/tasks/${entry.task}` : entry.url, entry.label, entry.hint);
  if (entry.run) entry.run();
  else if (entry.task && document.querySelector(".board")) openTask(entry.task);
  else if (entry.url && (event.ctrlKey || event.metaKey)) open(entry.url, "_blank", "noopener");
  else if (entry.url) location.assign(entry.url);
}

/** @type {Record<string, (last: number) => number>} */
const STEPS = {
  ArrowDown: (last) => (selected === last ? 0 : selected + 1),
  ArrowUp: (last) => (selected === 0 ? last : selected - 1),
  PageDown: (last) => Math.min(last, selected + 8),
  PageUp: () => Math.max(0, selected - 8),
};
/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.isComposing) return;
  if (event.key === "Enter") {
    event.preventDefault();
    choose(event);
    return;
  }
  const step = STEPS[event.key];
  if (!step || !entriesShown.length) return;
  event.preventDefault();
  selected = step(entriesShown.length - 1);
  markSelected();
}
if (hasPalette) {
  searchField().addEventListener("input", () => search(searchField().value));
  searchField().addEventListener("keydown", onKey);
}
