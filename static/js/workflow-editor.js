// The editor of a workflow: the server learns which steps are unfolded, Alt and an arrow move a step, and a step that was added or
// moved has the focus.
import { eventElement } from "./elements.js";

document.addEventListener(
  "toggle",
  (event) => {
    const step = eventElement(event)?.closest("[data-step]");
    /** @type {HTMLInputElement | null | undefined} */
    const field = step?.querySelector("[data-open]");
    if (field) field.value = step?.hasAttribute("open") ? "1" : "";
  },
  true, // it does not bubble
);

document.addEventListener("keydown", (event) => {
  if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  const step = eventElement(event)?.closest("[data-step]");
  /** @type {HTMLButtonElement | null | undefined} */
  const button = step?.querySelector(`[data-move=${event.key === "ArrowUp" ? "up" : "down"}]`);
  if (!button) return;
  event.preventDefault();
  button.click();
});

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.target?.id !== "workflow-editor") return;
  const wanted = document.querySelector("#workflow-editor form")?.getAttribute("data-focus");
  const step = wanted ? document.getElementById(wanted) : null;
  step?.querySelector("summary")?.focus();
  step?.scrollIntoView({ block: "nearest" });
});

// A box of the picture opens its step.
document.addEventListener("click", (event) => {
  const address = eventElement(event)?.closest(".graph-step")?.getAttribute("href");
  const step = address?.startsWith("#step-") ? document.getElementById(address.slice(1)) : null;
  if (step instanceof HTMLDetailsElement) step.open = true;
});
