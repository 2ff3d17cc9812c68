// Runs before the first paint (a blocking script in the head), so that a page never flashes in the wrong theme and nothing on it moves:
// the width of the panel and the folded columns of a board, which this browser keeps.
(() => {
  const root = document.documentElement;
  root.classList.remove("no-js");
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
    const panel = Number(localStorage.getItem("panel"));
    if (panel) root.style.setProperty("--panel", `${panel}px`);
    const board = /^\/boards\/(\d+)$/.exec(location.pathname)?.[1];
    /** @type {Record<string, boolean>} */
    const folds = JSON.parse((board && localStorage.getItem(`folds-${board}`)) || "{}");
    for (const [name, folded] of Object.entries(folds)) root.classList.add(`${folded ? "folds" : "unfolds"}-${name}`);
  } catch {
    /* no storage: the system and the server decide */
  }
  // The sidebar is icons where the person wants it so, else where the window is small.
  const small = matchMedia("(max-width: 1100px)");
  const setSidebar = () => {
    const width = root.dataset.sidebarWidth ?? "auto";
    root.dataset.sidebar = width === "auto" ? (small.matches ? "narrow" : "wide") : width;
  };
  setSidebar();
  small.addEventListener("change", setSidebar);
})();
