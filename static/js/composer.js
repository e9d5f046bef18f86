// The composer of record pages: the tab in use outlives a refresh, @ offers colleagues, Esc leaves it with the text kept.

import { $, $$, announce, on, onReady } from "./app.js";

/* ------------------------------------------------------------------ tabs */
on("click", "[data-composer] [role=tab]", (event, tab) => {
  const panel = panelOf(tab);
  if (panel?.matches("[data-to-load]")) {
    window.htmx.trigger(panel, "composer:open");
    waiting = event.detail || document.activeElement !== tab ? panel.id : "";
  } else if (event.detail || document.activeElement !== tab) {
    // A click by mouse or key goes on to typing; arrows between tabs stay on the tabs.
    focusField(panel);
  }
});
on("keydown", "[data-composer] [role=tab]", (event, tab) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  focusField(panelOf(tab));
});
let waiting = "";
document.addEventListener("htmx:afterSettle", (event) => {
  const panel = event.detail.elt?.closest?.(".composer-panel");
  if (!panel) return;
  // The panel comes shown; if another tab was opened meanwhile it waits behind.
  panel.hidden = document.getElementById(panel.getAttribute("aria-labelledby"))?.getAttribute("aria-selected") !== "true";
  if (panel.id === waiting && !panel.hidden) focusField(panel);
  waiting = "";
});
const panelOf = (tab) => document.getElementById(tab.getAttribute("aria-controls"));
function focusField(panel) {
  const field = $(".composer-text", panel) ?? $("input:not([type=hidden]):not([type=checkbox]), select", panel);
  setTimeout(() => field?.focus());
}

on("keydown", "[data-composer] :is(input, textarea, select)", (event, field) => {
  if (event.key !== "Escape" || event.defaultPrevented || list) return;
  field.blur();
  $(`#${CSS.escape(field.closest("[role=tabpanel]").getAttribute("aria-labelledby"))}`)?.focus();
});

onReady(() => {
  if (/Mac|iPhone|iPad/.test(navigator.platform)) for (const cap of $$("[data-mod-enter]")) cap.textContent = "⌘";
});

/* -------------------------------------------------------------- mentions */
// A list under the text while an @word is typed; the server finds the full names in the text.
let list = null;
let area = null;
let asked = 0;

const wordBefore = (text) => /(?:^|[\s(])@([\p{L}\p{M}.'-]*(?: [\p{L}\p{M}.'-]*)?)$/u.exec(text.slice(0, area.selectionStart))?.[1];

function close() {
  list?.remove();
  list = null;
  area?.removeAttribute("aria-activedescendant");
  area?.removeAttribute("aria-expanded");
}

async function offer() {
  const word = wordBefore(area.value);
  if (word === undefined) return close();
  const mine = ++asked;
  const place = $("[data-people]")?.dataset.people ?? "/activities/people/";
  const answer = await fetch(`${place}?q=${encodeURIComponent(word)}`, { headers: { "HX-Request": "true" } });
  const html = answer.ok ? (await answer.text()).trim() : "";
  if (mine !== asked) return undefined;
  if (!html) return close();
  if (!list) {
    list = document.createElement("ul");
    list.className = "mention-list";
    list.id = "mention-list";
    list.setAttribute("role", "listbox");
    area.after(list);
    area.setAttribute("aria-controls", "mention-list");
    area.setAttribute("aria-expanded", "true");
  }
  list.innerHTML = html;
  return mark(0);
}

function mark(at) {
  const options = $$("[role=option]", list);
  if (!options.length) return close();
  const chosenOption = options[(at + options.length) % options.length];
  for (const each of options) each.setAttribute("aria-selected", String(each === chosenOption));
  area.setAttribute("aria-activedescendant", chosenOption.id);
  return announce(chosenOption.dataset.name);
}

function take(option) {
  const word = wordBefore(area.value) ?? "";
  const end = area.selectionStart;
  area.setRangeText(`${option.dataset.name} `, end - word.length, end, "end");
  close();
  area.focus();
}

on("input", "[data-mentions]", (_event, field) => {
  area = field;
  offer();
});
on(
  "keydown",
  "[data-mentions]",
  (event) => {
    if (!list) return;
    const options = $$("[role=option]", list);
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") mark(at + 1);
    else if (event.key === "ArrowUp") mark(at - 1);
    else if (["Enter", "Tab"].includes(event.key) && !event.ctrlKey && !event.metaKey) take(options[at]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);
on("mousedown", ".mention-list [role=option]", (event, option) => {
  event.preventDefault();
  take(option);
});
on("focusout", "[data-mentions]", () => setTimeout(close, 100));
