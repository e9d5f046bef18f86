// The keyboard: one registry, a list of what works here, "G then a letter", and rows that J and K walk through.

import { $, $$, isShown, isTyping, on } from "./dom.js";
import { undoLast } from "./messages.js";
import { openDialog, openPalette } from "./overlays.js";
import { tickRow } from "./selection.js";

const groups = new Map();

/**
 * Add keys of a page: `registerKeys(words, { n: { label, run } })`. Names are as in KeyboardEvent.key, lower case, with `shift+`
 * before letters and named keys. They are listed behind `?` and rest while typing. `run` may return false: not meant for it.
 */
export function registerKeys(group, keys) {
  groups.set(group, { ...groups.get(group), ...keys });
}

function nameOf(event) {
  const key = event.key.toLowerCase();
  const letterOrNamed = key.length > 1 || /\p{L}/u.test(key);
  return event.shiftKey && letterOrNamed ? `shift+${key}` : key;
}

/* ---------------------------------------------------------------- rows */
const rowsOf = (root) => $$("[data-row]", root).filter(isShown);

function currentRow() {
  return document.activeElement?.closest?.("[data-row]") ?? $("[data-row][data-cursor]");
}

/** Put the cursor on a row and focus its link. */
export function goToRow(row) {
  for (const old of $$("[data-row][data-cursor]")) delete old.dataset.cursor;
  row.dataset.cursor = "";
  ($("[data-row-link]", row) ?? $("a", row) ?? row).focus();
  row.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const now = currentRow();
  const rows = rowsOf(now?.closest("[data-rows]") ?? $("[data-rows]") ?? document);
  if (!rows.length) return false;
  const at = now ? rows.indexOf(now) + by : by > 0 ? 0 : rows.length - 1;
  goToRow(rows[Math.min(Math.max(at, 0), rows.length - 1)]);
  return true;
}
on("focusin", "[data-row]", (_event, row) => {
  for (const old of $$("[data-row][data-cursor]")) if (old !== row) delete old.dataset.cursor;
  row.dataset.cursor = "";
});

const inRows = () => Boolean(document.activeElement?.closest?.("[data-rows] [data-row]"));

function peek() {
  const link = document.activeElement;
  if (!link?.matches("[data-peek] [data-row-link]")) return false;
  openDialog("drawer", link.href);
  return true;
}

/* -------------------------------------------------------------- global */
const act = (element) => {
  if (!element) return false;
  if (element.matches("input, textarea, select, b")) {
    element.focus();
    element.select?.();
  } else element.click();
  return true;
};
const firstShown = (selector) => $$(selector).find(isShown);

function create() {
  if (act(firstShown("[data-create]"))) return true;
  const menu = $("#create-menu");
  menu?.showPopover();
  return Boolean(menu);
}

function foldSidebar() {
  const app = document.body;
  const rail = app.dataset.nav !== "rail";
  if (rail) app.dataset.nav = "rail";
  else delete app.dataset.nav;
  document.cookie = `nav=${rail ? "rail" : "wide"}; path=/; max-age=31536000; samesite=lax`;
  return true;
}
on("click", "[data-fold]", foldSidebar);

const everywhere = {
  "?": () => openDialog("shortcuts"),
  "/": () => act(firstShown("[data-find]")),
  c: create,
  z: undoLast,
  "[": foldSidebar,
  j: () => step(1),
  k: () => step(-1),
  arrowdown: () => inRows() && step(1),
  arrowup: () => inRows() && step(-1),
  x: () => currentRow() && (tickRow(currentRow()), true),
  "shift+x": () => currentRow() && (tickRow(currentRow(), true), true),
  " ": peek,
};

/* ------------------------------------------------------------ dispatch */
let afterG = 0;

function goTo(key) {
  const link = $(`[data-go="${CSS.escape(key)}"]`);
  if (link) location.assign(link.href);
  return Boolean(link);
}

function single(event) {
  const key = nameOf(event);
  if (Date.now() < afterG) {
    afterG = 0;
    return goTo(key);
  }
  for (const keys of groups.values()) if (keys[key] && keys[key].run(event) !== false) return true;
  if (act(firstShown(`[data-key="${CSS.escape(key)}"]`))) return true;
  if (key === "g") {
    afterG = Date.now() + 1500;
    return true;
  }
  return everywhere[key] ? everywhere[key](event) !== false : false;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const command = event.ctrlKey || event.metaKey;
  if (command && event.key.toLowerCase() === "k" && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    return openPalette();
  }
  if (command && event.key === "Enter" && event.target.form) {
    event.preventDefault();
    const form = event.target.form;
    return form.requestSubmit($(":is(.btn-primary, .btn-danger)[type=submit]:enabled", form));
  }
  if (command || event.altKey || isTyping(event.target)) return undefined;
  if (document.documentElement.dataset.keys === "off" && event.key.length === 1) return undefined;
  if ($("dialog[open]:modal") || $("[popover]:popover-open:not(#toasts)")) return undefined;
  // Space presses a focused button, and Enter opens a focused link, by themselves.
  if (event.key === " " && event.target.closest("button, summary, input")) return undefined;
  if (single(event)) event.preventDefault();
  return undefined;
});

/* ------------------------------------------------- the list behind `?` */
const SIGNS = { arrowup: "↑", arrowdown: "↓", arrowleft: "←", arrowright: "→", enter: "↵", escape: "Esc", " ": "Space" };

function caps(name) {
  return name.split(/\+(?=.)/).map((part) => (part === "shift" ? "⇧" : (SIGNS[part] ?? part.toUpperCase())));
}

function line(label, name) {
  const row = document.createElement("div");
  const term = document.createElement("dt");
  const keys = document.createElement("dd");
  term.textContent = label;
  keys.className = "keys";
  for (const cap of caps(name)) {
    const key = document.createElement("span");
    key.className = "kbd";
    key.textContent = cap;
    keys.append(key);
  }
  row.append(term, keys);
  return row;
}

on(
  "click",
  "[data-open=shortcuts]",
  () => listKeys(),
  true,
);
const labelOf = (element) =>
  (element.title || element.getAttribute("aria-label") || element.labels?.[0]?.textContent || element.textContent)
    .replace(/\s*\(.+\)$/, "")
    .trim();

function listKeys() {
  const here = $("[data-keys-here]");
  const list = $("dl", here ?? document);
  if (!here || !list) return;
  const lines = $$("[data-key]")
    .filter(isShown)
    .map((element) => line(labelOf(element), element.dataset.key));
  for (const keys of groups.values())
    for (const [name, { label }] of Object.entries(keys)) if (label) lines.push(line(label, name));
  list.replaceChildren(...lines);
  here.hidden = !lines.length;
}
const showShortcuts = everywhere["?"];
everywhere["?"] = () => {
  listKeys();
  return showShortcuts();
};
