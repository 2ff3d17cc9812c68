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

if (document.querySelector(".board")) import("./board.js");
if (document.querySelector("text-expander, #panel")) import("./mentions.js");
if (document.querySelector("form[data-upload], #panel")) import("./uploads.js");
if (document.querySelector("#inbox")) import("./inbox.js");
