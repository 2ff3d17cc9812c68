// Keeps relative times fresh and counts the time of what is running. Days and exact times are the server's: it knows the viewer's zone.
const two = (number) => String(number).padStart(2, "0");

function ago(then) {
  const seconds = (Date.now() - then) / 1000;
  const size = Math.abs(seconds);
  if (size < 45) return "now";
  for (const [limit, unit, letter] of [
    [3570, 60, "m"],
    [84600, 3600, "h"],
    [604800, 86400, "d"],
  ]) {
    if (size < limit) {
      const count = Math.max(1, Math.round(size / unit));
      return seconds > 0 ? `${count}${letter} ago` : `in ${count}${letter}`;
    }
  }
  return null; // a date: the server's words stay
}

function since(then) {
  const all = Math.max(0, Math.floor((Date.now() - then) / 1000));
  const hours = Math.floor(all / 3600),
    minutes = Math.floor(all / 60) % 60,
    seconds = all % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

function write(time, words) {
  if (words !== null && time.textContent !== words) time.textContent = words;
}

function refresh() {
  for (const time of document.querySelectorAll("time[data-ago]")) write(time, ago(Date.parse(time.dateTime)));
}
function tick() {
  for (const time of document.querySelectorAll("time[data-since]")) write(time, since(Date.parse(time.dataset.since)));
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
