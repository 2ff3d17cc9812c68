// One event stream a visible page, read by fetch: unlike EventSource and htmx's extension it sees the status, so that an expired
// sign-in ends it instead of looping, and a first failure is tried again. Each event becomes a DOM event on <body>:
//   event: task   data: {"id": 17, "board_id": 4}   ->   helix:task {detail}, and helix:task-17 for elements that show that one
//   event: run    data: {"id": 9, "task_id": 17}    ->   helix:run, helix:run-9, and helix:of-task-17 (comments likewise)
//   event: text   data: {"run_id": 9, "text": "..."}  ->  helix:text, and the piece is put into #live-text[data-run="9"]
// Every connection says until when this page has heard everything: the server tells what it missed since, or says reload. Then every
// helix:reload listener (and hx-trigger="helix:reload from:body") fetches what it shows again.
import { signIn } from "./requests.js";

const url = document.body.dataset.events;
const lost = document.getElementById("lost");
let stop = null;
let failures = 0;
let failing = null;
let resting = false;

function say(name, detail) {
  document.body.dispatchEvent(new CustomEvent(`helix:${name}`, { detail, bubbles: true }));
}

function deliver(name, data) {
  let detail;
  try {
    detail = JSON.parse(data);
  } catch {
    console.warn("An event that is no JSON was left out", name, data);
    return;
  }
  // This browser has many pages open, and ours is the oldest: it comes again later, so that they do not push out one another.
  if (name === "rest") {
    resting = true;
    return;
  }
  if (name === "text") append(detail);
  say(name, detail);
  if (detail.id != null) say(`${name}-${detail.id}`, detail);
  if (detail.task_id != null) say(`of-task-${detail.task_id}`, detail); // a run or a comment of it
}

function append({ run_id: run, text, whole }) {
  const box = document.querySelector(`#live-text[data-run="${CSS.escape(String(run))}"]`);
  if (!box) return;
  const low = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  if (whole) box.textContent = text;
  else box.append(text);
  if (low) box.scrollTop = box.scrollHeight;
}

async function read(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "",
    name = "",
    data = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard = Math.max(heard, now());
    const lines = (rest + value).split(/\r\n|\n|\r/);
    rest = lines.pop();
    for (const line of lines) {
      if (!line) {
        if (data.length) deliver(name || "message", data.join("\n"));
        name = "";
        data = [];
      } else if (line.startsWith("event:")) name = line.slice(6).trim();
      else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
    }
  }
}

// What is open: the run whose text is shown, and the task, so that others see who else is there.
const shows = () => {
  const run = document.querySelector("#live-text")?.dataset.run,
    task = document.querySelector("#task-panel")?.dataset.id;
  return (run ? `&run=${encodeURIComponent(run)}` : "") + (task ? `&task=${encodeURIComponent(task)}` : "");
};
// The server's clock: when it made this page, and the time that has gone by here.
const made = Number(new URL(url ?? "/", location).searchParams.get("since")) || 0;
const now = () => made + performance.now() / 1000 - 1;
let heard = made;
const address = () => `${url.split("?")[0]}?since=${heard.toFixed(2)}${shows()}`;

async function connect() {
  const control = new AbortController();
  stop = () => control.abort();
  try {
    const response = await fetch(address(), {
      headers: { Accept: "text/event-stream" },
      signal: control.signal,
      cache: "no-store",
    });
    if (response.status === 401) return signIn();
    if (response.status === 404 || response.status === 403) return; // no stream for this page: nothing to wait for
    if (!response.ok || !response.headers.get("Content-Type")?.startsWith("text/event-stream"))
      throw new Error(`event stream: ${response.status}`);
    connected();
    await read(response);
    throw new Error("event stream ended");
  } catch (error) {
    if (control.signal.aborted) return;
    if (!resting) failures += 1;
    // A restart of the server heals in a second or two: only what lasts is told.
    if (!resting)
      failing ??= setTimeout(() => {
        lost.hidden = false;
      }, 4000);
    const wait = (resting ? 60000 : Math.min(30000, 500 * 2 ** (failures - 1))) * (0.7 + Math.random() * 0.6);
    resting = false;
    const again = setTimeout(connect, wait);
    stop = () => clearTimeout(again);
  }
}

function connected() {
  clearTimeout(failing);
  failing = null;
  failures = 0;
  lost.hidden = true;
}

// Not before all who listen are there: what came sooner would be told to nobody, and what is missed meanwhile is told later.
let begun = false;
export function begin() {
  begun = true;
  if (url && lost) start();
}
function start() {
  if (begun && !document.hidden && !stop) connect();
}
function end() {
  stop?.();
  stop = null;
}
// A task or a run that came onto the page: the same stream, opened again with its number.
function again() {
  end();
  start();
}

if (url && lost) {
  document.addEventListener("visibilitychange", () => (document.hidden ? end() : start()));
  addEventListener("pagehide", end);
  addEventListener("pageshow", start);
  addEventListener("online", again);
  let shown = shows();
  const look = () => {
    if (shows() !== shown) {
      shown = shows();
      again();
    }
  };
  document.addEventListener("htmx:after:swap", look);
  document.body.addEventListener("helix:panel-closed", look);
}
