// The entry point of the bundle. No eval and no inline handlers: everything listens on the document and reads data attributes.
import "htmx.org"; // first: the others listen to its events
import "./form-submit-once.js";
import "./requests.js";
import "./menus-and-dialogs.js";
import "./relative-times.js";
import "./theme-switch.js";
import { panelLoaded } from "./task-panel.js";
import "./select-all.js";
import "./result-editor.js";
import "./text-boxes.js";
import "./drafts.js";
import "./new-task.js";
import "./time-zones.js";
import { startEvents } from "./event-stream.js";
import "./shortcuts.js";
import "./command-palette.js";
import "./sidebar.js";
import "./tags.js";
import "./unsaved-changes.js";

// On a phone a row of tabs may be wider than the screen: scroll to the open one.
document.querySelector(".settings-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// Modules that run only on pages that need them. Tests wait for data-ready: a key pressed earlier has no listener yet.
/** @type {[string, () => Promise<unknown>][]} */
const parts = [
  [".board", () => import("./board.js")],
  ["text-expander, #panel", () => import("./mentions.js")],
  ["form[data-upload], #panel", () => import("./uploads.js")],
  ["#inbox", () => import("./inbox.js")],
  ["#run-page, #task-panel, #panel", () => import("./run-page.js")],
  ["#workflow-editor", () => import("./workflow-editor.js")],
  ["[data-order]", () => import("./boards-order.js")],
];
if (matchMedia("(any-pointer: coarse)").matches)
  parts.push([".board, #my-tasks, #inbox", () => import("./touch-actions.js")]);
const wanted = parts.filter(([selector]) => document.querySelector(selector)).map(([, load]) => load());
Promise.all([panelLoaded, ...wanted])
  .then(() => {
    document.documentElement.dataset.ready = "";
  })
  .finally(startEvents);
