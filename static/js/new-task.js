// The form of a new task: the board is that of the chosen agent until somebody chooses one.

/** @type {WeakSet<Element>} */
const chosen = new WeakSet();

document.addEventListener("change", (event) => {
  const select = event.target;
  if (!(select instanceof HTMLSelectElement)) return;
  if (select.dataset.follows) chosen.add(select);
  if (select.name !== "assigned_agent_id") return;
  /** @type {HTMLSelectElement | null | undefined} */
  const board = select.form?.querySelector("select[data-follows]");
  if (!board?.dataset.follows || chosen.has(board)) return;
  const home = JSON.parse(board.dataset.follows)[select.value];
  if (home) board.value = String(home);
});
