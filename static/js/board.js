// A board: the parts of it hang on the events and keys they care about; this dresses what is new, and holds the small things.
import htmx from "htmx.org";
import "./board-keys.js";
import "./board-narrow.js";
import { cardOf } from "./board-model.js";
import { dress as dressFolds } from "./board-folds.js";
import { dress as dressCards } from "./board-move.js";
import { heal, later } from "./board-live.js";
import { place } from "./floating.js";
import { post } from "./requests.js";

function dress() {
  dressFolds();
  dressCards();
}
dress();
document.addEventListener("helix:board-new", dress);
// More cards of a column, a lane that came into sight. A card that was moved there meanwhile comes only once.
document.addEventListener("htmx:after:swap", () => {
  const seen = new Set();
  for (const card of [...document.querySelectorAll(".board .card")].reverse()) {
    if (seen.has(card.id)) card.remove();
    else seen.add(card.id);
  }
  dress();
});

// Buttons on cards, and the quick-add box of a column.
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.(".card [data-do]");
  if (button) {
    event.preventDefault();
    const { id } = button.closest(".card").dataset;
    if (button.dataset.do === "reject")
      return htmx.ajax("GET", `/tasks/${id}/reject`, { target: "#dialogs", swap: "innerHTML", source: button });
    button.disabled = true;
    const { ok } = await post(`/tasks/${id}/${button.dataset.do}`, { from: "board" });
    button.disabled = false;
    if (ok) {
      later(id, 0);
      cardOf(id)?.focus();
    }
    return;
  }
  const opener = event.target.closest?.("[data-quick-add]");
  const form = opener?.closest(".column").querySelector(".quick-add");
  if (!form) return;
  form.hidden = !form.hidden;
  if (!form.hidden) form.querySelector("input:not([type=hidden])").focus();
});
document.addEventListener("keydown", (event) => {
  const form = event.key === "Escape" ? event.target.closest?.(".quick-add") : null;
  if (form) {
    form.hidden = true;
    form.closest(".column").querySelector("[data-quick-add]").focus();
  }
});

// The limit of a column: a small form beside its number, for who manages the board.
document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-limit]");
  if (!opener) return;
  const form = document.getElementById("column-limit");
  const column = opener.closest(".column");
  form.elements.status.value = column.dataset.status;
  form.elements.limit.value = opener.dataset.limit;
  form.querySelector(".menu-head").textContent = `Most tasks in ${column.querySelector("h2").textContent}`;
  form.showPopover();
  place(form, opener.getBoundingClientRect());
  form.elements.limit.select();
});
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.id !== "column-limit") return;
  event.preventDefault();
  const limit = event.submitter?.value === "none" ? "" : form.elements.limit.value;
  const { ok } = await post(form.action, { status: form.elements.status.value, limit });
  if (ok) {
    form.hidePopover();
    heal();
  }
});
