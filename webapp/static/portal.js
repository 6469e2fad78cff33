// On every page: times in the reader's zone, one submission per click, the first error in focus.
"use strict";

const MAX_FILE_BYTES = 64 * 1024;

function localiseTimes(root) {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (!Number.isNaN(moment.valueOf())) {
      time.title = time.textContent;
      time.textContent = format.format(moment);
    }
  }
}

function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    if (event.defaultPrevented) return;
    form.dataset.sent = "yes";
    form.setAttribute("aria-busy", "true");
  });
  // The browser's back button brings the page as it was left.
  window.addEventListener("pageshow", () => {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  });
}

function limitFile(form) {
  const input = form.querySelector("input[type=file]");
  input?.addEventListener("change", () => {
    const tooLarge = [...input.files].find((file) => file.size > MAX_FILE_BYTES);
    const size = tooLarge ? Math.ceil(tooLarge.size / 1024).toLocaleString() : "";
    const words = tooLarge ? `${tooLarge.name} has ${size} KiB; a file may have ${MAX_FILE_BYTES / 1024}.` : "";
    input.setCustomValidity(words);
    if (tooLarge) input.reportValidity();
  });
}

document.querySelectorAll("form[data-limit]").forEach(limitFile);
document.querySelectorAll("form[data-once]").forEach(sendOnce);
localiseTimes(document);
document.addEventListener("gradescent:replaced", (event) => localiseTimes(event.target));
document.getElementById("error")?.focus();
