// A result that fills in: the server sends the same fragment that the page holds, whenever it has changed.
"use strict";

const result = document.querySelector("#result[data-events]");

function replaceResult(html, isDone) {
  const fragment = new DOMParser().parseFromString(html, "text/html");
  result.replaceChildren(...fragment.body.childNodes);
  result.classList.toggle("done", isDone);
  const summary = result.querySelector("[data-summary]")?.textContent.trim() ?? "";
  const status = document.getElementById("live-status");
  if (status.textContent !== summary) status.textContent = summary;
  result.dispatchEvent(new CustomEvent("gradescent:replaced", { bubbles: true }));
}

function markLines() {
  for (const link of result.querySelectorAll('a[href^="#line-"]')) {
    document.getElementById(link.getAttribute("href").slice(1))?.classList.add("marked");
  }
}

if (result) {
  const source = new EventSource(result.dataset.events);
  source.addEventListener("check", (event) => replaceResult(JSON.parse(event.data).html, false));
  source.addEventListener("done", (event) => {
    source.close();
    replaceResult(JSON.parse(event.data).html, true);
    markLines();
  });
  window.addEventListener("pagehide", () => source.close());
}
