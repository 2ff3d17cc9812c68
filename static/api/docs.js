// The search of /api/docs, and opening what an address such as #tasks_create names.
/** @type {HTMLInputElement | null} */
const field = document.querySelector("#doc-search");
const found = document.getElementById("doc-found");
const sections = [...document.querySelectorAll(".doc-section")];
if (!field || !found) throw new Error("The page has no search field");

const search = () => {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const section of sections) {
    let any = false;
    for (const one of section.querySelectorAll(".doc-operation")) {
      one.hidden = !words.every((word) => one.dataset.sought?.includes(word));
      any ||= !one.hidden;
      count += one.hidden ? 0 : 1;
    }
    section.hidden = !any;
  }
  found.textContent = words.length ? `${count} found` : "";
};

function openNamed() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named instanceof HTMLDetailsElement) {
    named.open = true;
    named.scrollIntoView();
  }
}

field.addEventListener("input", search);
addEventListener("hashchange", openNamed);
openNamed();
