// The rule builder: a value of the record goes into the text whose button opened the menu; what is new takes the focus;
// what somebody has unfolded stays so when the form comes back.
import { $ } from "./app.js";

let place = null;

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-merge-for]");
  if (opener) place = document.getElementById(opener.dataset.mergeFor);
  const chosen = event.target.closest("[data-insert]");
  if (!chosen || !place) return;
  const before = place.value.slice(0, place.selectionStart);
  const gap = before && !/\s$/.test(before) ? " " : "";
  place.setRangeText(gap + chosen.dataset.insert, place.selectionStart, place.selectionEnd, "end");
  $("#merge-menu").hidePopover();
  place.focus();
  place.dispatchEvent(new Event("input", { bubbles: true }));
  place.dispatchEvent(new Event("change", { bubbles: true }));
});

document.addEventListener("htmx:afterSettle", ({ target }) => target.id === "rule-form" && $("[data-begin]", target)?.focus());

const { callbacks } = window.Idiomorph.defaults;
const update = callbacks.beforeAttributeUpdated;
callbacks.beforeAttributeUpdated = (name, element, how) =>
  !(name === "open" && how === "remove" && element.localName === "details") && update(name, element, how);
