// "#" in the box for a new task suggests the board's tags: GET /boards/4/tags?q=... answers ["seo"].
// "@" in any <text-expander> suggests people and agents: GET /mentions?q=... answers [{"id", "name", "type", "role"}].
import "@github/text-expander-element";
import { eventElement } from "./elements.js";

/** @typedef {{ id: number, name: string, type: "user" | "agent", role?: string }} Suggestion */

/** @param {string} name */
const initials = (name) => {
  const [first = "", ...others] = name.split(/\s+/);
  const last = others.pop();
  return last ? first.charAt(0) + last.charAt(0) : name.slice(0, 2);
};

/** @type {AbortController | undefined} */
let request;

/**
 * Answers of earlier keystrokes are dropped: their promise stays open, since an empty answer would close the list.
 * @param {string} text
 * @param {string | undefined} task the task that the text is about
 * @returns {Promise<{ matched: boolean, fragment: HTMLElement }>}
 */
function suggest(text, task) {
  request?.abort();
  request = new AbortController();
  const { signal } = request;
  return new Promise((resolve) => {
    fetchNames(text, task, signal)
      .catch(() => ({ matched: false, fragment: document.createElement("ul") }))
      .then((found) => {
        if (!signal.aborted) resolve(found);
      });
  });
}

/**
 * @param {string} text
 * @param {string | undefined} task
 * @param {AbortSignal} signal
 */
async function fetchNames(text, task, signal) {
  const list = document.createElement("ul");
  list.className = "suggest";
  list.setAttribute("role", "listbox");
  const query = new URLSearchParams(task ? { q: text, task } : { q: text });
  const response = await fetch(`/mentions?${query}`, { headers: { Accept: "application/json" }, signal });
  if (!response.ok) return { matched: false, fragment: list };
  /** @type {Suggestion[]} */
  const suggestions = await response.json();
  for (const found of suggestions) {
    const row = document.createElement("li");
    row.className = "menu-item";
    row.id = `mention-${found.type}-${found.id}`;
    row.setAttribute("role", "option");
    row.dataset.value = found.name;
    const face = document.createElement("i");
    face.className = `face hue-${(found.id * 5) % 12}${found.type === "agent" ? " face-agent" : ""}`;
    face.textContent = initials(found.name);
    const name = document.createElement("span");
    name.className = "cut";
    name.textContent = found.name;
    const role = document.createElement("span");
    role.className = "push cut";
    role.textContent = found.type === "agent" ? found.role || "Agent" : "Person";
    row.append(face, name, role);
    list.append(row);
  }
  return { matched: list.children.length > 0, fragment: list };
}

/**
 * The tags of a board that begin with the text.
 * @param {string} text
 * @param {string} board the address of the board
 */
async function suggestTags(text, board) {
  const list = document.createElement("ul");
  list.className = "suggest";
  list.setAttribute("role", "listbox");
  const response = await fetch(`${board}/tags?q=${encodeURIComponent(text)}`, {
    headers: { Accept: "application/json" },
  });
  /** @type {string[]} */
  const tags = response.ok ? await response.json() : [];
  for (const tag of tags) {
    const row = document.createElement("li");
    row.className = "menu-item";
    row.id = `tag-${list.children.length}`;
    row.setAttribute("role", "option");
    row.dataset.value = tag;
    row.textContent = tag;
    list.append(row);
  }
  return { matched: tags.length > 0, fragment: list };
}

document.addEventListener(
  "text-expander-change",
  (event) => {
    const { key, text, provide } = event.detail;
    const board = eventElement(event)
      ?.closest("form")
      ?.action.replace(/\/quick-add$/, "");
    if (key === "#" && board && text.length <= 50)
      provide(suggestTags(text, board).catch(() => ({ matched: false, fragment: document.createElement("ul") })));
    const panel = eventElement(event)?.closest("#task-panel");
    if (key === "@" && text.length <= 60)
      provide(suggest(text, panel instanceof HTMLElement ? panel.dataset.id : undefined));
  },
  true,
); // these events do not bubble: caught in the capture phase
document.addEventListener(
  "text-expander-value",
  (event) => {
    event.detail.value = `${event.detail.key}${event.detail.item.dataset.value}`;
  },
  true,
);
// The element has just put the list below the line with the @: where it would leave the window, it goes above the line.
document.addEventListener(
  "text-expander-activate",
  (event) => {
    const expander = eventElement(event);
    requestAnimationFrame(() => {
      const list = expander?.querySelector(".suggest");
      if (!(list instanceof HTMLElement)) return;
      const box = list.getBoundingClientRect();
      const text = expander?.querySelector("textarea, input");
      const line = (text && Number.parseFloat(getComputedStyle(text).lineHeight)) || 20;
      const above = box.top - line;
      if (box.bottom > innerHeight - 8 && above > innerHeight - box.top)
        list.style.marginTop = `${Number.parseFloat(getComputedStyle(list).marginTop) - box.height - line - 4}px`;
      const beyond = box.right - (innerWidth - 8);
      if (beyond > 0) list.style.marginLeft = `${-beyond}px`;
    });
  },
  true,
);
