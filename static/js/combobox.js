// A text field over a list of options that the server answers: the palette and every typeahead (ARIA combobox).

import { $, $$, on, words } from "./dom.js";
import { announce } from "./messages.js";

// A form in a dialog may repeat the ids of the page below it, so a typeahead looks inside its own box.
const listOf = (input) =>
  $("[role=listbox]", input.closest("[data-typeahead]") ?? document.createElement("i")) ??
  document.getElementById(input.getAttribute("aria-controls"));
const inputOf = (list) =>
  $("[role=combobox]", list.closest("[data-typeahead]") ?? document.createElement("i")) ??
  $(`[role=combobox][aria-controls="${list.id}"]`);
const optionsOf = (input) => $$("[role=option]", listOf(input) ?? undefined);
const isOpen = (input) => input.getAttribute("aria-expanded") === "true";

function activate(input, option) {
  for (const each of optionsOf(input)) each.setAttribute("aria-selected", String(each === option));
  if (!option) return input.removeAttribute("aria-activedescendant");
  option.id ||= `option-${Math.random().toString(36).slice(2, 9)}`;
  input.setAttribute("aria-activedescendant", option.id);
  return option.scrollIntoView({ block: "nearest" });
}

function setOpen(input, open) {
  const list = listOf(input);
  input.setAttribute("aria-expanded", String(open));
  if (list?.matches(".typeahead-list")) list.hidden = !open;
  if (!open) activate(input, null);
}

const active = (input) => optionsOf(input).find((option) => option.getAttribute("aria-selected") === "true");

document.addEventListener("htmx:configRequest", (event) => {
  const input = event.detail.elt;
  if (input.closest("[data-typeahead]")) event.detail.parameters.q = input.value.trim();
});
document.addEventListener("htmx:afterSwap", (event) => {
  const list = event.detail.target;
  if (!list?.matches?.("[role=listbox]")) return;
  const input = inputOf(list);
  if (!input || (document.activeElement !== input && !input.closest("dialog[open]"))) return;
  setOpen(input, true);
  // Ids must be unique on the page, and several lists may be on it.
  optionsOf(input).forEach((option, at) => (option.id = `${list.id}-${at}`));
  activate(input, optionsOf(input)[0]);
  const count = optionsOf(input).length;
  if (input.value) announce(count ? words("results").replace("{count}", count) : words("none"));
});

on("keydown", "[role=combobox]", (event, input) => {
  const options = optionsOf(input);
  const at = options.indexOf(active(input));
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (!isOpen(input)) return window.htmx.trigger(input, "crm:open");
    const step = event.key === "ArrowDown" ? 1 : -1;
    return activate(input, options.at((at + step) % options.length));
  }
  if (event.key === "Enter" && isOpen(input) && active(input)) {
    event.preventDefault();
    event.stopPropagation();
    const option = active(input);
    return input.closest("[data-typeahead]") ? choose(input, option) : option.click();
  }
  if (event.key === "Escape" && isOpen(input) && input.closest("[data-typeahead]")) {
    event.preventDefault();
    event.stopPropagation();
    setOpen(input, false);
    return restore(input);
  }
  return undefined;
});

/* ----------------------------------------------------------- typeahead */
const partsOf = (input) => {
  const box = input.closest("[data-typeahead]");
  return { box, value: $("input[type=hidden]", box), input: $("[role=combobox]", box) };
};
// What the field held when it was drawn is its default value; a choice replaces it.
const chosenLabel = (input) => input.dataset.chosen ?? input.defaultValue;

function choose(input, option) {
  const { box, value } = partsOf(input);
  value.value = option.dataset.value;
  input.value = input.dataset.chosen = option.dataset.label;
  setOpen(input, false);
  value.dispatchEvent(new Event("change", { bubbles: true }));
  box.dispatchEvent(new CustomEvent("crm:chosen", { bubbles: true, detail: { ...option.dataset } }));
}

function restore(input) {
  input.value = chosenLabel(input);
}

on("pointerdown", ".typeahead-list [role=option]", (event, option) => {
  event.preventDefault();
  choose(partsOf(option).input, option);
});
on("focusout", "[data-typeahead] [role=combobox]", (_event, input) => {
  const { box, value } = partsOf(input);
  setOpen(input, false);
  if (input.value === chosenLabel(input)) return;
  if (input.value.trim() && !("new" in box.dataset)) return restore(input);
  // Cleared, or a new name: no record is chosen any more.
  input.dataset.chosen = input.value;
  if (!value.value) return undefined;
  value.value = "";
  return value.dispatchEvent(new Event("change", { bubbles: true }));
});
