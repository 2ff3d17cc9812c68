// Light, dark or as the system: stored in this browser and in the profile, for other browsers.
import { eventElement, requiredData } from "./elements.js";
import { post } from "./requests.js";

/** @param {string} theme */
export function setTheme(theme) {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    theme === "system" ? localStorage.removeItem("theme") : localStorage.setItem("theme", theme);
  } catch {
    /* no storage: applies to this page only */
  }
  if (document.body.dataset.themeUrl) post(document.body.dataset.themeUrl, { theme });
  markTheme();
}

function markTheme() {
  const now = document.documentElement.dataset.theme ?? "system";
  document.querySelectorAll("[data-theme-set]").forEach((item) => {
    item.setAttribute("role", "menuitemradio");
    item.setAttribute("aria-checked", String(item.dataset.themeSet === now));
  });
}
document.addEventListener("click", (event) => {
  const item = eventElement(event)?.closest("[data-theme-set]");
  if (item) setTheme(requiredData(item, "themeSet"));
});
markTheme();
