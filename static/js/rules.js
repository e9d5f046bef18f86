// The rule builder: a value of the record goes into the text whose button opened the menu; what is new takes the focus;
// what somebody has unfolded stays so when the form comes back.
import { $, setDirty } from "./app.js";

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

document.addEventListener("htmx:afterSettle", ({ target }) => {
  if (target.id !== "rule-form") return;
  $("[data-begin]", target)?.focus();
  setDirty(target, Boolean($("[data-unsaved]"))); // the server knows what differs from what it has
});

const { callbacks } = window.Idiomorph.defaults;
const update = callbacks.beforeAttributeUpdated;
callbacks.beforeAttributeUpdated = (name, element, how) =>
  !(name === "open" && how === "remove" && element.localName === "details") && update(name, element, how);

// What is kept is not lost by leaving the page; what the server has not taken is.
document.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
  const kept = detail.elt.matches("[name=do][value=save], [name=do][value=publish]") && (detail.xhr.status < 400 || detail.xhr.status === 422);
  if (kept) setDirty($("#rule-form"), false);
});
