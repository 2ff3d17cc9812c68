// The boards, agents, skills and tasks that were opened last, the latest first: for the sidebar and the command palette. Kept in
// this browser alone, for each person, and forgotten when the person signs out.

/** @typedef {{ url: string, label: string, hint: string, icon: string, task?: number }} RecentPage `task`: its id, if it is one */

const MOST = 7; // six that are shown, and the open one
const KEY = `recent-${document.body.dataset.viewer}`;
/** @type {[RegExp, string, string][]} */
const KINDS = [
  [/^\/boards\/\d+$/, "Board", "square-kanban"],
  [/^\/agents\/\d+$/, "Agent", "bot"],
  [/^\/skills\/\d+$/, "Skill", "sparkles"],
  [/^\/tasks\/(\d+)$/, "Task", "list-checks"],
];

/** @returns {{ url: string, label: string, hint?: string }[]} */
function stored() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((page) => page?.label && page?.url) : [];
  } catch {
    return []; // no storage, or somebody else's: only convenience
  }
}

/**
 * All but the open page.
 * @returns {RecentPage[]}
 */
export const recentPages = () =>
  stored().flatMap(({ url, label, hint }) => {
    const [kind] = KINDS.filter(([path]) => path.test(url));
    if (!kind || url === location.pathname) return [];
    const id = kind[0].exec(url)?.[1];
    return [{ url, label, hint: hint || kind[1], icon: kind[2], ...(id && { task: Number(id) }) }];
  });

/**
 * Puts a page first. Other kinds of pages are not kept: the sidebar has them anyway.
 * @param {string} url
 * @param {string} label
 * @param {string} [hint] where it is, instead of its kind
 */
export function rememberPage(url, label, hint) {
  if (!label || !KINDS.some(([path]) => path.test(url))) return;
  const before = stored();
  const known = before.find((page) => page.url === url);
  const pages = [{ url, label, hint: hint ?? known?.hint }, ...before.filter((page) => page !== known)];
  try {
    localStorage.setItem(KEY, JSON.stringify(pages.slice(0, MOST)));
  } catch {
    /* only convenience */
  }
}

rememberPage(location.pathname, document.title.split(" · ").slice(0, -1).join(" · "));
document.addEventListener("submit", (event) => {
  if (event.target instanceof HTMLFormElement && event.target.getAttribute("action") === "/sign-out")
    try {
      localStorage.removeItem(KEY);
    } catch {
      /* only convenience */
    }
});
