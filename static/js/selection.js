// Ticked rows: within a page, over pages of a list, and "all that match", which is the list's address and no list of ids.

import { $, $$, on, onReady } from "./dom.js";
import { announce } from "./messages.js";

/* ------------------------------------------------------- ticking of rows */
const boxes = (root) => $$("[data-row-check]", root).filter((box) => !box.disabled);
let lastTicked = null;

function showHead(root) {
  const all = boxes(root);
  const ticked = all.filter((box) => box.checked).length;
  const head = $("[data-check-all]", root);
  if (head) {
    head.checked = ticked > 0 && ticked === all.length;
    head.indeterminate = ticked > 0 && ticked < all.length;
  }
  return ticked;
}

function tellSelection(root) {
  const ticked = showHead(root);
  root.dispatchEvent(new CustomEvent("crm:selection", { bubbles: true, detail: { count: ticked } }));
}
on("change", "[data-check-all]", (_event, head) => {
  const root = head.closest("[data-rows]");
  for (const box of boxes(root)) box.checked = head.checked;
  tellSelection(root);
});
on("change", "[data-row-check]", (_event, box) => tellSelection(box.closest("[data-rows]")));
on("click", "[data-row-check]", (event, box) => {
  if (event.shiftKey && lastTicked) tickRange(lastTicked, box);
  lastTicked = box;
});

function tickRange(from, to) {
  const root = to.closest("[data-rows]");
  const all = boxes(root);
  const [start, end] = [all.indexOf(from), all.indexOf(to)].sort((a, b) => a - b);
  if (start < 0) return;
  for (const box of all.slice(start, end + 1)) box.checked = true;
  tellSelection(root);
}

/** Tick the row's box as a press of X does; with `range`, all from the last one ticked. */
export function tickRow(row, range) {
  const box = $("[data-row-check]", row);
  if (!box) return;
  if (range && lastTicked?.isConnected) tickRange(lastTicked, box);
  else box.click();
  lastTicked = box;
}

/* ------------------------------------------- the selection of a list */
// It outlives paging and sorting, which swap the rows, and ends with another filter: nobody acts on rows that they forgot.
const chosen = new Set();
let all = false;
let query = null;

const bar = () => $("#bulk-form");
const everything = (form) => $("[name=all]", form);
const boxesOf = (form) => boxes(document).filter((box) => box.form === form);

function draw(form) {
  const words = form.dataset;
  everything(form).checked = all;
  const elsewhere = new Set(chosen);
  for (const box of boxesOf(form)) {
    box.checked = all || chosen.has(box.value);
    elsewhere.delete(box.value);
  }
  const hidden = [...elsewhere].map((value) => Object.assign(document.createElement("input"), { type: "hidden", name: "ids", value }));
  $("[data-off-page]", form).replaceChildren(...hidden);
  const total = $("#bulk-total", form).textContent;
  const some = chosen.size === 1 ? words.one : words.many.replace("{count}", chosen.size);
  const over = !all && chosen.size > Number(words.most); // more than the server takes by their ids
  for (const button of $$("[formaction]", form)) button.disabled = over;
  const few = over ? words.over.replace("{count}", chosen.size) : some;
  const text = all ? words.all.replace("{count}", total) : few;
  $("[data-count-words]", form).textContent = text;
  form.parentElement.toggleAttribute("data-any", all || chosen.size > 0);
  const root = boxesOf(form)[0]?.closest("[data-rows]");
  if (root) showHead(root);
  return text;
}

document.addEventListener("crm:selection", (event) => {
  const form = bar();
  const shown = form ? boxesOf(form).filter((box) => event.target.contains(box)) : [];
  if (!shown.length) return;
  all = false;
  for (const box of shown) box.checked ? chosen.add(box.value) : chosen.delete(box.value);
  announce(draw(form));
});
on("change", "#bulk-form [name=all]", (_event, box) => {
  all = box.checked;
  chosen.clear();
  announce(draw(box.form));
});

/** Forget what is ticked, as after a bulk action. */
export function clearSelection() {
  all = false;
  chosen.clear();
  if (bar()) announce(draw(bar()));
}
on("click", "[data-clear-selection]", () => {
  clearSelection();
  $("[data-row-check]")?.focus();
});
document.addEventListener("crm:clear-selection", clearSelection);

/** Show the selection again after rows were drawn anew. */
export function redrawSelection() {
  const form = bar();
  if (!form) return;
  if (form.dataset.selection !== query) {
    query = form.dataset.selection;
    all = false;
    chosen.clear();
  }
  draw(form);
}
document.addEventListener("htmx:afterSettle", redrawSelection);
onReady((root) => root === document && redrawSelection());
