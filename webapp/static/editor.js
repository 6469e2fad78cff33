// The field for pasted code: Tab and Shift+Tab indent, Enter keeps the indentation, Escape lets Tab leave.
"use strict";

const INDENT = "    ";
const editor = document.getElementById("code");
let tabLeaves = false;

function replace(start, end, text) {
  editor.setSelectionRange(start, end);
  // The only way to change a field that keeps its undo history.
  if (!document.execCommand("insertText", false, text)) editor.setRangeText(text, start, end, "end");
}

function indentLines(outward) {
  const { value, selectionStart, selectionEnd } = editor;
  const first = value.lastIndexOf("\n", selectionStart - 1) + 1;
  const block = value.slice(first, selectionEnd);
  const changed = outward ? block.replace(/^( {1,4}|\t)/gm, "") : block.replace(/^(?=.)/gm, INDENT);
  if (changed === block) return;
  replace(first, selectionEnd, changed);
  editor.setSelectionRange(first, first + changed.length);
}

function onTab(event) {
  event.preventDefault();
  const { selectionStart, selectionEnd } = editor;
  if (event.shiftKey || editor.value.slice(selectionStart, selectionEnd).includes("\n")) indentLines(event.shiftKey);
  else replace(selectionStart, selectionEnd, INDENT);
}

function onEnter(event) {
  event.preventDefault();
  const { value, selectionStart, selectionEnd } = editor;
  const line = value.slice(value.lastIndexOf("\n", selectionStart - 1) + 1, selectionStart);
  const indent = line.match(/^[ \t]*/)[0] + (line.trimEnd().endsWith(":") ? INDENT : "");
  replace(selectionStart, selectionEnd, `\n${indent}`);
}

editor.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") tabLeaves = true;
  else if (event.key === "Tab" && !tabLeaves) onTab(event);
  else if (event.key === "Enter") onEnter(event);
  if (!["Escape", "Tab", "Shift"].includes(event.key)) tabLeaves = false;
});
editor.addEventListener("blur", () => (tabLeaves = false));
