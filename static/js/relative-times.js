// Keeps relative times up to date and counts the duration of running things. The server formats dates: it knows the viewer's time zone.

import { requiredData } from "./elements.js";

// A time up to `limit` seconds away is shown in this unit.
const UNITS = [
  { limit: 3570, unit: 60, letter: "m" },
  { limit: 84600, unit: 3600, letter: "h" },
  { limit: 604800, unit: 86400, letter: "d" },
];

/** @param {number} number */
const twoDigits = (number) => String(number).padStart(2, "0");

/** @param {number} then */
function relative(then) {
  const seconds = (Date.now() - then) / 1000;
  const size = Math.abs(seconds);
  if (size < 45) return "now";
  for (const { limit, unit, letter } of UNITS) {
    if (size < limit) {
      const count = Math.max(1, Math.round(size / unit));
      return seconds > 0 ? `${count}${letter} ago` : `in ${count}${letter}`;
    }
  }
  return null; // a date: keep the server's text
}

/** @param {number} then */
function elapsed(then) {
  const all = Math.max(0, Math.floor((Date.now() - then) / 1000));
  const hours = Math.floor(all / 3600),
    minutes = Math.floor(all / 60) % 60,
    seconds = all % 60;
  return hours ? `${hours}:${twoDigits(minutes)}:${twoDigits(seconds)}` : `${minutes}:${twoDigits(seconds)}`;
}

/**
 * @param {HTMLElement} time
 * @param {string | null} words
 */
function setText(time, words) {
  if (words !== null && time.textContent !== words) time.textContent = words;
}

function refresh() {
  for (const time of document.querySelectorAll("time[data-ago]"))
    setText(time, relative(Date.parse(time.getAttribute("datetime") ?? "")));
}
function tick() {
  for (const time of document.querySelectorAll("time[data-since]"))
    setText(time, elapsed(Date.parse(requiredData(time, "since"))));
}

refresh();
tick();
setInterval(() => {
  if (!document.hidden) refresh();
}, 30000);
setInterval(() => {
  if (!document.hidden) tick();
}, 1000);
document.addEventListener("htmx:after:swap", () => {
  refresh();
  tick();
});
