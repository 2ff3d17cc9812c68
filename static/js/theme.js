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
  // The sidebar is icons where the person wants it so, else where the window is small.
  const small = matchMedia("(max-width: 1100px)");
  const setSidebar = () => {
    const width = root.dataset.sidebarWidth ?? "auto";
    root.dataset.sidebar = width === "auto" ? (small.matches ? "narrow" : "wide") : width;
  };
  setSidebar();
  small.addEventListener("change", setSidebar);
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
})();
