// Light, dark, or as the system: kept in this browser and, for the next one, in the profile.
import { post } from "./requests.js";

export function setTheme(theme) {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    theme === "system" ? localStorage.removeItem("theme") : localStorage.setItem("theme", theme);
  } catch {
    /* lasts for this page then */
  }
  if (document.body.dataset.themeUrl) post(document.body.dataset.themeUrl, { theme });
  mark();
}

function mark() {
  const now = document.documentElement.dataset.theme ?? "system";
  document.querySelectorAll("[data-theme-set]").forEach((item) => {
    item.setAttribute("role", "menuitemradio");
    item.setAttribute("aria-checked", String(item.dataset.themeSet === now));
  });
}
document.addEventListener("click", (event) => {
  const item = event.target.closest?.("[data-theme-set]");
  if (item) setTheme(item.dataset.themeSet);
});
mark();
