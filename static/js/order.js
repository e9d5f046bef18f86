// Rows in an order of one's own: dragged by their grip, or moved with the arrow keys while the grip has the focus.
// `[data-sortable]` holds rows with `data-order-id`. With `data-order` (an address) each change is posted as
// `data-order-name`, several; without, the order is part of the form around it.

import { $$, on, onReady } from "./app.js";

function save(list, focus) {
  if (list.dataset.order) {
    window.htmx.ajax("POST", list.dataset.order, {
      source: list,
      swap: "none",
      values: { [list.dataset.orderName]: $$("[data-order-id]", list).map((row) => row.dataset.orderId) },
    });
  }
  focus?.focus();
}

onReady(() => {
  for (const list of $$("[data-sortable]")) {
    if (!window.Sortable || window.Sortable.get(list)) continue;
    window.Sortable.create(list, {
      handle: "[data-grip]",
      draggable: "[data-order-id]",
      forceFallback: true,
      fallbackTolerance: 4,
      animation: 120,
      onEnd: (event) => event.oldIndex !== event.newIndex && save(list),
    });
  }
});

on("keydown", "[data-grip]", (event, grip) => {
  const row = grip.closest("[data-order-id]");
  const other = { ArrowUp: row?.previousElementSibling, ArrowDown: row?.nextElementSibling }[event.key];
  if (!other?.dataset.orderId) return;
  event.preventDefault();
  event.stopPropagation();
  if (event.key === "ArrowUp") other.before(row);
  else other.after(row);
  save(row.closest("[data-sortable]"), grip);
});
