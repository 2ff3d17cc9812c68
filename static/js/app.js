// The one script that pages load; everything else hangs on it. No eval, no inline handlers: attributes and document-wide listeners.
import "htmx.org"; // first: the others listen to its events
import "./once.js";
import "./requests.js";
import "./floating.js";
import "./times.js";
import "./theme-switch.js";
import { opening } from "./panel.js";
import "./writing.js";
import { begin } from "./events.js";
import "./keys.js";
import "./palette.js";
import "./sidebar.js";

// A row of tabs that runs out sideways on a phone shows the one that is open.
document.querySelector(".settings-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// What only some pages need, run only there. Tests wait for data-ready: a key that is pressed before goes nowhere.
/** @type {[string, () => Promise<unknown>][]} */
const parts = [
  [".board", () => import("./board.js")],
  ["text-expander, #panel", () => import("./mentions.js")],
  ["form[data-upload], #panel", () => import("./uploads.js")],
  ["#inbox", () => import("./inbox.js")],
  ["[data-order]", () => import("./boards-order.js")],
];
const wanted = parts.filter(([selector]) => document.querySelector(selector)).map(([, load]) => load());
Promise.all([opening, ...wanted])
  .then(() => {
    document.documentElement.dataset.ready = "";
  })
  .finally(begin);
