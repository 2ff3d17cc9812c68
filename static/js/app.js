// The one script that pages load; everything else hangs on it. No eval, no inline handlers: attributes and document-wide listeners.
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

// What only some pages need. Tests wait for data-ready: a key that is pressed before goes nowhere.
const parts = {
  ".board": "./board.js",
  "text-expander, #panel": "./mentions.js",
  "form[data-upload], #panel": "./uploads.js",
  "#inbox": "./inbox.js",
  "[data-order]": "./boards-order.js",
};
const wanted = Object.entries(parts)
  .filter(([where]) => document.querySelector(where))
  .map(([, script]) => import(script));
Promise.all([opening, ...wanted])
  .then(() => {
    document.documentElement.dataset.ready = "";
  })
  .finally(begin);
