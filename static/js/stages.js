// Settings of stages: rows are dragged by their grip, or moved with the arrow keys while the grip has the focus.

import { $, $$, on, onReady } from "./app.js";

function save(body, focus) {
  window.htmx.ajax("POST", body.dataset.order, {
    source: body,
    swap: "none",
    values: { stage: $$("[data-stage-id]", body).map((row) => row.dataset.stageId) },
  });
  focus?.focus();
}

onReady(() => {
  const body = $("#stages");
  if (!body || !window.Sortable || window.Sortable.get(body)) return;
  window.Sortable.create(body, {
    handle: "[data-grip]",
    draggable: "[data-stage-id]",
    forceFallback: true,
    fallbackTolerance: 4,
    animation: 120,
    onEnd: (event) => event.oldIndex !== event.newIndex && save(body),
  });
});

on("keydown", "[data-grip]", (event, grip) => {
  const row = grip.closest("tr");
  const other = { ArrowUp: row.previousElementSibling, ArrowDown: row.nextElementSibling }[event.key];
  if (!other?.dataset.stageId) return;
  event.preventDefault();
  event.stopPropagation();
  if (event.key === "ArrowUp") other.before(row);
  else other.after(row);
  save(row.parentElement, grip);
});
