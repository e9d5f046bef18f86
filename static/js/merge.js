// The comparison of two records: shows only the rows that differ, and says in each row what the result will be.

import { $, $$, onReady } from "./app.js";

/** Show the rows that differ, or all of them. */
function show(form, all) {
  for (const row of $$("tr[data-same]", form)) row.hidden = !all;
}

/** Write into a row what will be kept. */
function tell(row) {
  const cell = $("[data-result]", row);
  if (!cell) return;
  const boxes = $$('input[type="checkbox"]', row);
  const words = (input) => $("span", input.closest("label")).textContent;
  if (boxes.length) {
    const kept = boxes.filter((box) => box.checked).map(words);
    cell.textContent = kept.length ? kept.join(", ") : cell.dataset.none;
    return;
  }
  const chosen = $$('input[type="radio"]', row).find((radio) => radio.checked);
  const place = $("[data-words]", cell);
  if (chosen && place) place.textContent = words(chosen);
}

onReady((root) => {
  const form = $("[data-merge]", root);
  if (!form) return;
  form.addEventListener("change", (event) => tell(event.target.closest("tr")));
  const toggle = $("[data-rows-toggle]", root);
  if (!toggle) return;
  toggle.hidden = false;
  const differing = $$("tbody tr:not([data-same])", form).length > 0;
  show(form, !differing);
  const buttons = $$("button", toggle);
  for (const button of buttons) {
    button.setAttribute("aria-pressed", String((button.dataset.show === "all") === !differing));
    button.addEventListener("click", () => {
      show(form, button.dataset.show === "all");
      for (const each of buttons) each.setAttribute("aria-pressed", String(each === button));
    });
  }
});
