// Sorting departments, and boards within one, by dragging: [data-order="boards"] holds elements with [data-sort-id="4"]. For admins.
// By keyboard, the menu of each moves it one step. After a refusal the element moves back.
import Sortable from "sortablejs";
import { post } from "./requests.js";

for (const list of document.querySelectorAll("[data-order]")) {
  const kind = list.dataset.order;
  /** @type {Element | null} */
  let next = null;
  Sortable.create(list, {
    draggable: "[data-sort-id]",
    handle: kind === "departments" ? "[data-drag-handle]" : undefined,
    filter: "button, .menu",
    preventOnFilter: false,
    animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
    delay: 180,
    delayOnTouchOnly: true,
    ghostClass: "card-ghost",
    onStart: ({ item }) => {
      next = item.nextElementSibling;
    },
    async onEnd({ item, oldDraggableIndex: from, newDraggableIndex: to }) {
      if (from === to) return;
      const { ok } = await post(`/${kind}/${item.dataset.sortId}/step`, { by: to - from });
      if (!ok) list.insertBefore(item, next);
    },
  });
}
