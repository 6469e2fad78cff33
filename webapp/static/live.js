// A result that fills in: the server sends the same fragment that the page holds, whenever it has changed.
"use strict";

const result = document.querySelector("#result[data-events]");
const foldsOfTheReader = new Map();

// A comparison may take minutes, and the reader has long begun with the checks: what they unfold stays so.
function rememberFold(event) {
  const fold = event.target.closest("summary")?.parentElement;
  if (fold?.id) foldsOfTheReader.set(fold.id, !fold.open);
}

function replaceResult(html, isDone) {
  const fragment = new DOMParser().parseFromString(html, "text/html");
  for (const [id, isOpen] of foldsOfTheReader) fragment.getElementById(id)?.toggleAttribute("open", isOpen);
  result.replaceChildren(...fragment.body.childNodes);
  result.classList.toggle("done", isDone);
  const summary = result.querySelector("[data-summary]")?.textContent.trim() ?? "";
  const status = document.getElementById("live-status");
  if (status.textContent !== summary) status.textContent = summary;
  markLines();
  result.dispatchEvent(new CustomEvent("gradescent:replaced", { bubbles: true }));
}

function markLines() {
  for (const link of result.querySelectorAll('a[href^="#line-"]')) {
    document.getElementById(link.getAttribute("href").slice(1))?.classList.add("marked");
  }
}

if (result) {
  result.addEventListener("click", rememberFold);
  const source = new EventSource(result.dataset.events);
  source.addEventListener("check", (event) => replaceResult(JSON.parse(event.data).html, false));
  source.addEventListener("done", (event) => {
    source.close();
    replaceResult(JSON.parse(event.data).html, true);
  });
  window.addEventListener("pagehide", () => source.close());
}
