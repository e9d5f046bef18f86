// Lists: the chooser of columns, and the edges of heads that change a column's width.

import { $, $$, announce, on } from "./app.js";

/* ------------------------------------------------------------- chooser */
const place = (row) => `${$$("[data-col]", row.parentElement).indexOf(row) + 1} / ${row.parentElement.children.length}`;
const movable = (row) => row && !$("[data-col-grip]", row)?.disabled;

function move(row, down) {
  const other = down ? row.nextElementSibling : row.previousElementSibling;
  if (!movable(other)) return false;
  down ? other.after(row) : other.before(row);
  return true;
}
on("keydown", "[data-col-grip]", (event, grip) => {
  if (!["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  const row = grip.closest("[data-col]");
  if (!move(row, event.key === "ArrowDown")) return;
  grip.focus();
  announce(`${$("label", row).textContent.trim()}: ${place(row)}`);
});
on("pointerdown", "[data-col-grip]", (event, grip) => {
  const row = grip.closest("[data-col]");
  grip.setPointerCapture(event.pointerId);
  const drag = ({ clientY }) => {
    const box = row.getBoundingClientRect();
    if (clientY < box.top) move(row, false);
    else if (clientY > box.bottom) move(row, true);
  };
  grip.addEventListener("pointermove", drag);
  grip.addEventListener("lostpointercapture", () => grip.removeEventListener("pointermove", drag), { once: true });
});
on("input", "[data-find-column]", (_event, input) => {
  const wanted = input.value.trim().toLowerCase();
  for (const row of $$("[data-col]", input.form)) row.hidden = !$("label", row).textContent.toLowerCase().includes(wanted);
});
on("keydown", "[data-find-column]", (event) => event.key === "Enter" && event.preventDefault());

/* -------------------------------------------------------------- widths */
const LEAST = 56;

// All columns get the width that they have, so that pulling one moves no other.
function fix(table) {
  if ($("colgroup", table)) return;
  const group = document.createElement("colgroup");
  for (const head of $$("thead tr > *", table)) {
    const col = document.createElement("col");
    col.setAttribute("width", Math.round(head.getBoundingClientRect().width));
    group.append(col);
  }
  $("caption", table).after(group);
  table.dataset.fixed = "";
  measure(table);
}
function measure(table) {
  const widths = $$("col", table).map((col) => Number(col.getAttribute("width")));
  table.setAttribute("width", widths.reduce((sum, each) => sum + each, 0));
}

function keep(table) {
  const head = $("thead", table);
  const heads = $$("thead tr > *", table);
  const values = { widths: "1", view: head.dataset.view };
  $$("col", table).forEach((col, index) => {
    const key = heads[index].dataset.column;
    if (key) values[`width-${key}`] = col.getAttribute("width");
  });
  window.htmx.ajax("POST", head.dataset.resize, { source: head, swap: "none", values });
}

on("pointerdown", "[data-col-edge]", (event, edge) => {
  event.preventDefault();
  const table = edge.closest("table");
  fix(table);
  const head = edge.closest("th");
  const col = $$("col", table)[[...head.parentElement.children].indexOf(head)];
  const start = { x: event.clientX, width: Number(col.getAttribute("width")) };
  const way = getComputedStyle(table).direction === "rtl" ? -1 : 1;
  edge.setPointerCapture(event.pointerId);
  const pull = ({ clientX }) => {
    col.setAttribute("width", Math.max(LEAST, Math.round(start.width + way * (clientX - start.x))));
    measure(table);
  };
  edge.addEventListener("pointermove", pull);
  edge.addEventListener(
    "lostpointercapture",
    () => {
      edge.removeEventListener("pointermove", pull);
      keep(table);
    },
    { once: true },
  );
});
