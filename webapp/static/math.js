// Formulas: the server sends their TeX as text; KaTeX builds them node by node, as the page's policy asks.
"use strict";

function renderFormulas(root) {
  for (const formula of root.querySelectorAll(".math:not(.rendered)")) {
    const source = formula.textContent;
    const built = document.createElement("span");
    try {
      katex.render(source, built, { displayMode: formula.classList.contains("block"), throwOnError: true });
    } catch (error) {
      formula.title = error.message; // the source stays readable
      continue;
    }
    formula.replaceChildren(...built.childNodes);
    formula.classList.add("rendered");
  }
}

renderFormulas(document);
document.addEventListener("gradescent:replaced", (event) => renderFormulas(event.target));
