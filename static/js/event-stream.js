// One event stream for a visible page, read with fetch: unlike EventSource and htmx's extension it sees the status code, so an
// expired session ends it instead of looping, and a first failure is retried. Each event becomes a DOM event on <body>:
//   event: task   data: {"id": 17, "board_id": 4}     ->  helix:task with the data as detail, and helix:task-17
//   event: run    data: {"id": 9, "task_id": 17}      ->  helix:run, helix:run-9, and helix:of-task-17 (comments too)
//   event: text   data: {"run_id": 9, "text": "..."}  ->  helix:text, and the text is appended to #live-text[data-run="9"];
//                 "html" has the blocks that it completes, and "rest" the text after them
// Every connection says up to when this page has received everything: the server sends what it missed since, or "reload". Then
// every helix:reload listener (and hx-trigger="helix:reload from:body") fetches what it shows again.
import { signIn } from "./requests.js";

const url = document.body.dataset.events ?? "";
const lostBanner = document.getElementById("lost");
/** @type {(() => void) | undefined} */
let stop;
let failures = 0;
/** @type {number | undefined} */
let bannerTimer;
let resting = false;

/**
 * @param {string} name
 * @param {object} detail
 */
function dispatch(name, detail) {
  document.body.dispatchEvent(new CustomEvent(`helix:${name}`, { detail, bubbles: true }));
}

/**
 * @param {string} name
 * @param {string} data
 */
function deliver(name, data) {
  let detail;
  try {
    detail = JSON.parse(data);
  } catch {
    console.warn("An event that is no JSON was left out", name, data);
    return;
  }
  // This browser has more pages open than the server allows, and this one is the oldest: it reconnects later.
  if (name === "rest") {
    resting = true;
    return;
  }
  if (name === "text") appendText(detail);
  dispatch(name, detail);
  if (detail.id != null) dispatch(`${name}-${detail.id}`, detail);
  if (detail.task_id != null) dispatch(`of-task-${detail.task_id}`, detail); // a run or a comment of it
}

/** @type {WeakMap<Element, string>} the first letters of what a box shows, as they were written */
const beginnings = new WeakMap();
const BEGINNING = 80;
/** @param {HTMLElement} box */
export const beginningOf = (box) => beginnings.get(box) ?? box.dataset.begins ?? "";

/**
 * Complete blocks come as HTML, made safe by the server, with the text after them. `text` is what is new, as it was written; of a
 * long beginning with blocks only the first letters.
 * @param {{ run_id: number, text: string, html?: string, rest?: string, whole?: boolean }} detail
 */
function appendText({ run_id: run, text, html = "", rest = "", whole }) {
  const box = document.querySelector(`#live-text[data-run="${CSS.escape(String(run))}"]`);
  const tail = box?.querySelector(".live-rest");
  if (!box || !tail) return;
  const low = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  beginnings.set(box, (whole ? text : beginningOf(box) + text).slice(0, BEGINNING));
  if (whole) clearText(box);
  if (html) tail.insertAdjacentHTML("beforebegin", html);
  if (html) tail.textContent = rest;
  else tail.append(text);
  if (low) box.scrollTop = box.scrollHeight;
}

/** @param {HTMLElement} box */
export function clearText(box) {
  const tail = box.querySelector(".live-rest");
  if (!tail) return;
  tail.textContent = "";
  box.replaceChildren(tail);
}

/** @param {Response} response */
async function read(response) {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "",
    name = "";
  /** @type {string[]} */
  let data = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    receivedUntil = Math.max(receivedUntil, now());
    const lines = (rest + value).split(/\r\n|\n|\r/);
    rest = lines.pop() ?? "";
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

// The run whose text is shown, and the open task, so that others see who else is looking at it.
const openItems = () => {
  const run = document.querySelector("#live-text")?.dataset.run,
    task = document.querySelector("#task-panel")?.dataset.id;
  return (run ? `&run=${encodeURIComponent(run)}` : "") + (task ? `&task=${encodeURIComponent(task)}` : "");
};
// The server's clock: when it made this page, plus the time that has passed in this browser.
const made = Number(new URL(url || "/", location.href).searchParams.get("since")) || 0;
const now = () => made + performance.now() / 1000 - 1;
let receivedUntil = made;
const streamUrl = () => `${url.split("?")[0]}?since=${receivedUntil.toFixed(2)}${openItems()}`;

async function connect() {
  const control = new AbortController();
  stop = () => control.abort();
  try {
    const response = await fetch(streamUrl(), {
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
  } catch {
    if (control.signal.aborted) return;
    if (!resting) failures += 1;
    // A restart of the server takes a second or two: the banner is for longer outages.
    if (!resting) bannerTimer ??= setTimeout(showLost, 4000, true);
    const wait = (resting ? 60000 : Math.min(30000, 500 * 2 ** (failures - 1))) * (0.7 + Math.random() * 0.6);
    resting = false;
    const again = setTimeout(connect, wait);
    stop = () => clearTimeout(again);
  }
}

function connected() {
  clearTimeout(bannerTimer);
  bannerTimer = undefined;
  failures = 0;
  showLost(false);
}
/** @param {boolean} lost */
function showLost(lost) {
  if (lostBanner) lostBanner.hidden = !lost;
}

// Called when all modules are loaded: earlier events would have no listeners. The server sends what is missed until then.
let begun = false;
export function startEvents() {
  begun = true;
  if (url && lostBanner) connectIfVisible();
}
function connectIfVisible() {
  if (begun && !document.hidden && !stop) connect();
}
function disconnect() {
  stop?.();
  stop = undefined;
}
// Another task or run is shown: the stream is opened again with its id.
function reconnect() {
  disconnect();
  connectIfVisible();
}

if (url && lostBanner) {
  document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connectIfVisible()));
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", connectIfVisible);
  addEventListener("online", reconnect);
  let shown = openItems();
  const reconnectIfChanged = () => {
    if (openItems() !== shown) {
      shown = openItems();
      reconnect();
    }
  };
  document.addEventListener("htmx:after:swap", reconnectIfChanged);
  document.body.addEventListener("helix:panel-closed", reconnectIfChanged);
}
