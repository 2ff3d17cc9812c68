// The one script that pages load; everything else hangs on it. No eval, no inline handlers: attributes and document-wide listeners.
import "./requests.js";
import "./floating.js";
import "./times.js";
import "./theme-switch.js";
import "./panel.js";
import "./writing.js";
import "./events.js";
import "./keys.js";
import "./palette.js";
import "./sidebar.js";

// A row of tabs that runs out sideways on a phone shows the one that is open.
document.querySelector(".settings-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

if (document.querySelector(".board")) import("./board.js");
if (document.querySelector("text-expander, #panel")) import("./mentions.js");
if (document.querySelector("form[data-upload], #panel")) import("./uploads.js");
if (document.querySelector("#inbox")) import("./inbox.js");
