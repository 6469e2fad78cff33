// The pictures of a result: fetched once with its report, and drawn into their figures.
"use strict";

let charts = [];
let fetched = {};

// A report is fetched once; when its job has moved on, the page names another edition of it.
function picturesOf({ report, edition }) {
  if (fetched.edition !== edition) {
    const pictures = fetch(report)
      .then((answer) => answer.json())
      .then((found) => found.comparison.pictures);
    fetched = { edition, pictures };
  }
  return fetched.pictures;
}

async function drawCharts() {
  charts.forEach((chart) => chart.destroy());
  charts = [];
  const holder = document.querySelector("[data-report]");
  const figures = holder ? [...holder.querySelectorAll("figure[data-picture]")] : [];
  if (!figures.length) return;
  let pictures;
  try {
    pictures = await picturesOf(holder.dataset);
  } catch {
    fetched = {};
    for (const figure of figures) {
      figure.querySelector(".chart-stage").textContent = "This picture could not be loaded. Reload the page to try again.";
    }
    return;
  }
  // The page may have been filled in anew while the report was on its way.
  charts = figures
    .filter((figure) => figure.isConnected)
    .map((figure) => new Chart(figure, pictures[Number(figure.dataset.picture)]));
}

drawCharts();
document.addEventListener("gradescent:replaced", drawCharts);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => charts.forEach((chart) => chart.draw()));
