// A result that fills in: the server sends the same fragment that the page holds, whenever it has changed.
"use strict";

const result = document.querySelector("#result[data-events]");
const foldsOfTheReader = new Map();

const SILENT_MS = 25_000; // the portal says something every ten seconds, so this stream has died or is held back
const LOST_MS = 4_000; // a stream ends now and then, and the next one needs a moment: that is not worth a word
const ASK_MS = 4_000;
const ASKED_BEFORE_A_STREAM = 8;
const READ_OUT_MS = 20_000;
const CLOCK_MS = 1_000;

let shown = result?.dataset.state ?? ""; // the state on the page, in numbers with dots
let isDone = false;
let source = null;
let asked = 0;
let silence, nextAsk, loss;
let serverAhead = 0; // the server's clock minus this one, in milliseconds
let lastReadOut = -READ_OUT_MS;

// A comparison may take minutes, and the reader has long begun with the checks: what they unfold stays so.
function rememberFold(event) {
  const fold = event.target.closest("summary")?.parentElement;
  if (fold?.id) foldsOfTheReader.set(fold.id, !fold.open);
}

function isNewer(state) {
  const [theirs, ours] = [state, shown].map((name) => name.split(".").map(Number));
  const place = theirs.findIndex((number, at) => number !== ours[at]);
  return place >= 0 && (ours[place] === undefined || theirs[place] > ours[place]);
}

// What the server said, in an event or as an answer. It may come late, by an older way: then it is not shown.
function take(said, isLast) {
  hear();
  if (said.now) serverAhead = said.now - Date.now();
  if (said.html !== undefined && isNewer(said.id)) {
    shown = said.id;
    replaceResult(said.html, isLast);
  }
  if (said.waiting !== undefined && said.id === shown) showWaiting(said.waiting);
  if (isLast) finish();
}

function replaceResult(html, isLast) {
  const fragment = new DOMParser().parseFromString(html, "text/html");
  for (const [id, isOpen] of foldsOfTheReader) fragment.getElementById(id)?.toggleAttribute("open", isOpen);
  result.replaceChildren(...fragment.body.childNodes);
  result.classList.toggle("done", isLast);
  readOut(result.querySelector("[data-summary]")?.textContent.trim() ?? "");
  markLines();
  tick();
  result.dispatchEvent(new CustomEvent("gradescent:replaced", { bubbles: true }));
}

function showWaiting(words) {
  const line = result.querySelector("[data-waiting]");
  if (!line || line.textContent === words) return;
  line.textContent = words;
  // The line moves with every job of others; a screen reader is not interrupted for each.
  if (performance.now() - lastReadOut > READ_OUT_MS) {
    lastReadOut = performance.now();
    readOut(words);
  }
}

function readOut(words) {
  const status = document.getElementById("live-status");
  if (status.textContent !== words) status.textContent = words;
}

function markLines() {
  for (const link of result.querySelectorAll('a[href^="#line-"]')) {
    document.getElementById(link.getAttribute("href").slice(1))?.classList.add("marked");
  }
}

// The phase that lasts counts on, by the server's clock; the words are those of the filter `duration`.
function tick() {
  for (const part of result.querySelectorAll("[data-since]")) {
    const seconds = Math.max(0, Math.floor((Date.now() + serverAhead - Date.parse(part.dataset.since)) / 1000));
    const minutes = Math.floor(seconds / 60);
    if (minutes >= 60) part.textContent = `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
    else part.textContent = minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
  }
}

function listen() {
  stopListening();
  const address = new URL(result.dataset.events, location.href);
  address.searchParams.set("since", shown);
  source = new EventSource(address);
  hear();
  source.addEventListener("open", connected);
  for (const name of ["check", "place", "beat"]) {
    source.addEventListener(name, (event) => take(JSON.parse(event.data), false));
  }
  source.addEventListener("done", (event) => take(JSON.parse(event.data), true));
  source.addEventListener("error", () => {
    lose();
    if (source?.readyState === EventSource.CLOSED) askInstead(); // it was refused, or something else answered
  });
}

function hear() {
  clearTimeout(silence);
  if (source) silence = setTimeout(askInstead, SILENT_MS);
}

function askInstead() {
  stopListening();
  asked = 0;
  ask();
}

async function ask() {
  const said = await answerOfThePortal();
  if (isDone || source || document.hidden) return;
  if (said) {
    connected();
    take(said, said.isDone);
  } else lose();
  asked += 1;
  if (isDone) return;
  if (asked < ASKED_BEFORE_A_STREAM) nextAsk = setTimeout(ask, ASK_MS);
  else listen();
}

// What has changed, or nothing where the portal cannot be reached or is not well.
async function answerOfThePortal() {
  const address = new URL(result.dataset.result, location.href);
  address.searchParams.set("since", shown);
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (answer.redirected) {
      finish();
      say("You are logged out. Reload this page to log in and see the rest.");
    }
    return answer.ok && !answer.redirected ? await answer.json() : undefined;
  } catch (error) {
    console.warn(`the portal could not be asked: ${error}`);
    return undefined;
  }
}

function lose() {
  loss ??= setTimeout(() => say("The connection is lost. Your submission is safe; this page goes on when it is back."), LOST_MS);
}

function connected() {
  clearTimeout(loss);
  loss = undefined;
  if (document.getElementById("live-connection").textContent) say("The connection is back.", LOST_MS);
}

function say(words, milliseconds) {
  const line = document.getElementById("live-connection");
  line.textContent = words;
  if (milliseconds) setTimeout(() => line.textContent === words && (line.textContent = ""), milliseconds);
}

function stopListening() {
  source?.close();
  source = null;
  clearTimeout(silence);
  clearTimeout(nextAsk);
}

function finish() {
  isDone = true;
  stopListening();
  clearTimeout(loss);
}

if (result) {
  result.addEventListener("click", rememberFold);
  setInterval(tick, CLOCK_MS);
  // A page that nobody sees holds no connection: a browser has six for one server, and a student many tabs. The back
  // button, too, brings a page as it was left.
  const listenWhileSeen = () => {
    if (document.hidden) {
      stopListening();
      clearTimeout(loss);
      loss = undefined;
    } else if (!isDone) listen();
  };
  listenWhileSeen();
  document.addEventListener("visibilitychange", listenWhileSeen);
  window.addEventListener("pagehide", stopListening);
  window.addEventListener("pageshow", (event) => event.persisted && listenWhileSeen());
}
