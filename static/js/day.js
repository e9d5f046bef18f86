// My day by keyboard: on the row under the cursor X, D or Space completes, R reschedules.

import { $, registerKeys } from "./app.js";

const current = () => document.activeElement?.closest?.("[data-row]") ?? $("[data-row][data-cursor]");

function press(selector) {
  const button = current() && $(selector, current());
  button?.click();
  return Boolean(button);
}

const words = $("#day-words")?.dataset ?? {};
registerKeys(words.group ?? "", {
  x: { label: words.done, run: () => press("[data-done-button]") },
  d: { run: () => press("[data-done-button]") },
  r: { label: words.move, run: () => press("[data-move-button]") },
});
