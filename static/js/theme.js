// Runs before the first paint (a blocking script in the head), so that a page never flashes in the wrong theme.
(() => {
  const root = document.documentElement;
  root.classList.remove("no-js");
  let chosen = null;
  try {
    chosen = localStorage.getItem("theme");
  } catch {
    /* no storage: the system decides */
  }
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
})();
