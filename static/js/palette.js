// The command palette: pages and commands at once, tasks, boards, agents, skills from the server as one types.
// GET <data-source>?q=... answers [{"label", "hint", "url", "icon"?, "task"?}]; "task" opens the panel where there is one.
import { setTheme } from "./theme-switch.js";
import { openTask } from "./panel.js";

const dialog = document.getElementById("palette");
const input = dialog?.querySelector("input");
const list = dialog?.querySelector("[role=listbox]");
const press = (selector) => () => document.querySelector(selector)?.click();
let shown = [];
let at = 0;
let asked = null;
let wait = null;

const commands = () => [
  ...[...document.querySelectorAll(".sidebar .nav-link")].map((link) => ({
    label: link.querySelector(".cut").textContent,
    hint: link.closest(".nav-dept") ? "Board" : "Go to",
    url: link.getAttribute("href"),
  })),
  { label: "New task", hint: "c", run: press('[data-key="c"]') },
  { label: "Keyboard shortcuts", hint: "?", run: () => document.getElementById("keys").showModal() },
  ...["light", "dark", "system"].map((theme) => ({
    label: theme === "system" ? "Theme: as the system" : `Theme: ${theme}`,
    hint: "Command",
    run: () => setTheme(theme),
  })),
];

export function openPalette() {
  if (!dialog || dialog.open) return;
  input.value = "";
  dialog.showModal();
  fill("");
}

async function fill(words) {
  const plain = words.trim().toLowerCase();
  const own = commands()
    .filter((entry) => entry.label.toLowerCase().includes(plain))
    .slice(0, plain ? 8 : 40);
  show(own);
  asked?.abort();
  clearTimeout(wait);
  if (!plain) return;
  wait = setTimeout(async () => {
    asked = new AbortController();
    try {
      const response = await fetch(`${dialog.dataset.source}?q=${encodeURIComponent(words)}`, {
        headers: { Accept: "application/json" },
        signal: asked.signal,
      });
      if (!response.ok) return;
      const found = await response.json();
      const seen = new Set(own.map((entry) => entry.url));
      show([...own, ...found.filter((entry) => !seen.has(entry.url))]);
    } catch (error) {
      if (error.name !== "AbortError")
        show([...own, { label: "The search cannot be reached right now", hint: "", run: () => fill(words) }]);
    }
  }, 120);
}

function show(entries) {
  shown = entries;
  at = 0;
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
        if (at !== index) {
          at = index;
          mark();
        }
      });
      row.addEventListener("click", choose);
      return row;
    }),
  );
  if (!entries.length) list.textContent = "Nothing found.";
  mark();
}

function mark() {
  [...list.querySelectorAll("[role=option]")].forEach((row, index) => {
    row.setAttribute("aria-selected", String(index === at));
    if (index === at) {
      row.scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", row.id);
    }
  });
}

function choose(event) {
  const entry = shown[at];
  if (!entry) return;
  dialog.close();
  if (entry.run) entry.run();
  else if (entry.task && document.querySelector(".board")) openTask(entry.task);
  else if (event.ctrlKey || event.metaKey) open(entry.url, "_blank", "noopener");
  else location.assign(entry.url);
}

input?.addEventListener("input", () => fill(input.value));
input?.addEventListener("keydown", (event) => {
  if (event.key === "Enter") {
    event.preventDefault();
    choose(event);
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !shown.length) return;
  event.preventDefault();
  at = (at + step + shown.length) % shown.length;
  mark();
});
