// Cells of a list that are edited in their place, with the record's own small forms. F2, Enter or a double click opens a
// cell, arrows walk from cell to cell, Tab saves and goes on, Esc restores, leaving saves.

import { $, $$, announce, focusFirst, isShown, on, redrawSelection, registerKeys, showToast, words } from "./app.js";

const headers = { "HX-Request": "true", "HX-Target": "cell" };
const before = new WeakMap();
let saving = null;

const cellsOf = (row) => $$("td[data-edit]", row).filter(isShown);
const address = (cell) =>
  cell
    .closest("table")
    .dataset.fields.replace("PK", cell.closest("tr").id.slice("row-".length))
    .replace("KEY", cell.dataset.edit);

function refused(status) {
  showToast({ text: words({ 403: "denied", 404: "missing" }[status] ?? "failed"), tone: "bad" });
}

// The answer may hold the form alone or the whole line around it; its own ways of sending are for the record's page.
function fill(cell, html) {
  const form = $("form", new DOMParser().parseFromString(html, "text/html"));
  const box = document.createElement("div");
  box.className = "cell-editor";
  for (const name of form.getAttributeNames()) if (name.startsWith("hx-") || name === "data-inline") form.removeAttribute(name);
  form.dataset.cell = "";
  box.append(document.adoptNode(form));
  cell.replaceChildren(box);
  window.htmx.process(box);
  window.htmx.trigger(box, "htmx:load", { elt: box });
  form.dataset.was = stateOf(form);
  focusFirst(box);
}
const stateOf = (form) => JSON.stringify([...new FormData(form)].map(([name, value]) => [name, value.name ?? value]));

async function open(cell) {
  if (!cell || $("form", cell)) return;
  const answer = await fetch(`${address(cell)}?edit=1`, { headers });
  const html = await answer.text();
  if (!answer.ok || !html.includes("<form")) return refused(answer.status);
  before.set(cell, cell.innerHTML);
  fill(cell, html);
}

function restore(cell, focus) {
  cell.innerHTML = before.get(cell);
  if (focus) focusCell(cell);
}
function focusCell(cell) {
  if (!cell) return;
  cell.tabIndex = -1;
  cell.focus();
}

function tell(answer) {
  for (const [name, detail] of Object.entries(JSON.parse(answer.headers.get("HX-Trigger") ?? "{}")))
    if (name !== "crm:refresh") document.body.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
}

/** Save a cell; true if it is closed afterwards, false if the person has to look at it again. */
async function save(cell, form) {
  if (form.dataset.was === stateOf(form) && !$("[aria-invalid=true]", form)) return restore(cell), true;
  const answer = await fetch(form.getAttribute("action"), { method: "POST", body: new FormData(form), headers });
  if ([409, 422].includes(answer.status)) {
    fill(cell, await answer.text());
    $("form", cell).dataset.was = ""; // saving it again as it is keeps what was typed
    announce($(".error, [role=alert]", cell)?.textContent.trim() ?? "");
    return false;
  }
  if (!answer.ok) return refused(answer.status), restore(cell), true;
  tell(answer);
  await redraw(cell.closest("tr"));
  return true;
}

async function redraw(row) {
  const url = new URL(location.href);
  url.searchParams.set("panel", "row");
  url.searchParams.set("focus", row.id.slice("row-".length));
  const answer = await fetch(url, { headers: { ...headers, "HX-Target": "row" } });
  if (!answer.ok) return row.remove();
  const body = document.createElement("tbody");
  body.innerHTML = await answer.text();
  row.replaceWith(body.firstElementChild);
  redrawSelection();
}

async function leave(form, { next = 0, focus = true } = {}) {
  const cell = form.closest("td");
  if (saving) return;
  saving = form;
  const { id } = cell.closest("tr");
  const at = cellsOf(cell.closest("tr")).indexOf(cell);
  try {
    if (!(await save(cell, form))) return;
  } finally {
    saving = null;
  }
  const cells = cellsOf(document.getElementById(id) ?? document.createElement("tr"));
  if (next && cells[at + next]) await open(cells[at + next]);
  else if (focus) focusCell(cells[at]);
}

on("submit", "form[data-cell]", (event, form) => {
  event.preventDefault();
  leave(form);
}, true);
on("keydown", "form[data-cell]", (event, form) => {
  if (event.defaultPrevented) return;
  const controls = $$("input:not([type=hidden]), select, textarea", form).filter(isShown);
  if (event.key === "Escape") {
    event.stopPropagation();
    restore(form.closest("td"), true);
  } else if (event.key === "Tab" && event.target === controls.at(event.shiftKey ? 0 : -1)) {
    event.preventDefault();
    leave(form, { next: event.shiftKey ? -1 : 1 });
  } else if (event.key === "Enter" && !event.target.matches("textarea, button")) {
    event.preventDefault();
    leave(form);
  }
});
on("focusout", "form[data-cell]", (event, form) => {
  if (!document.hasFocus() || form.contains(event.relatedTarget) || saving === form) return;
  setTimeout(() => form.isConnected && !form.contains(document.activeElement) && leave(form, { focus: false }));
});
on("crm:chosen", "form[data-cell]", (_event, form) => leave(form));
on("dblclick", "td[data-edit]", (event, cell) => event.target.closest("a, button, form") || open(cell));

/* ---------------------------------------------------------------- keys */
const current = () => document.activeElement?.closest?.("table[data-fields] tr[data-row]");

function walk(by) {
  const row = current();
  const cells = row ? cellsOf(row) : [];
  if (!cells.length) return false;
  const at = cells.indexOf(document.activeElement.closest("td"));
  if (at + by < 0) return $("[data-row-link]", row)?.focus();
  focusCell(cells[Math.min(at + by, cells.length - 1)]);
  return true;
}
function edit() {
  const row = current();
  if (!row) return false;
  const cell = document.activeElement.closest("td[data-edit]");
  open(cell ?? cellsOf(row)[0]);
  return true;
}
const here = $("table[data-fields]")?.dataset;
if (here)
  registerKeys("Cells", {
    f2: { label: here.editWords, run: edit },
    arrowright: { label: here.walkWords, run: () => walk(1) },
    arrowleft: { label: "", run: () => walk(-1) },
    enter: { label: "", run: () => (document.activeElement.matches("td[data-edit]") ? edit() : false) },
  });
