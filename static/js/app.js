// Behaviour of every page. Importing this file gives a page's own module the helpers below; docs/frontend.md says how.

import "./combobox.js";
import { $, $$, focusFirst, isShown, on, onReady, words } from "./dom.js";
import "./keys.js";
import { showToast } from "./messages.js";

export { $, $$, focusFirst, isShown, on, onReady, words } from "./dom.js";
export { setDirty } from "./forms.js";
export { goToRow, registerKeys } from "./keys.js";
export { announce, showToast, undoLast } from "./messages.js";
export { closeDialog, openDialog } from "./overlays.js";
export { clearSelection, redrawSelection } from "./selection.js";

/** Fetch the page again and morph it, keeping scroll, focus and what is typed. */
export function refreshPage() {
  return window.htmx.ajax("GET", location.href, { target: "#page", select: "#page", swap: "morph:outerHTML" });
}
document.addEventListener("crm:refresh", (event) => event.defaultPrevented || refreshPage());

/* ------------------------------------------------------------ requests */
// A sign-in in another window changes the token, so the one of the cookie is sent, not the page's.
const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
document.addEventListener("htmx:configRequest", (event) => {
  const { headers, parameters, triggeringEvent } = event.detail;
  // The browser keeps the numbers of the menu for some seconds; after a change they are asked for under another address.
  if (triggeringEvent?.type === "crm:counts") parameters.after = Date.now();
  if (!token()) return;
  headers["X-CSRFToken"] = token();
  if (parameters.csrfmiddlewaretoken) parameters.csrfmiddlewaretoken = token();
});

// A whole page never goes into the place of a part of one.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig, boosted } = event.detail;
  const picks = event.detail.select || event.detail.selectOverride || xhr.getResponseHeader("HX-Reselect");
  const whole = /^\s*<!doctype/i.test(xhr.responseText);
  if (!whole || boosted || picks || requestConfig.elt.closest("[hx-select]")) return;
  event.detail.shouldSwap = false;
  if (xhr.status < 400 && requestConfig.verb === "get") location.assign(xhr.responseURL || requestConfig.path);
  else if (!event.detail.isError) showToast({ text: words("failed"), tone: "bad" });
});

// What is typed while an answer is on its way outlives the morph that the answer brings.
const typedAt = new WeakMap();
const askedAt = new WeakMap();
let asked = 0;
document.addEventListener("input", ({ target }) => typedAt.set(target, performance.now()), true);
document.addEventListener("htmx:beforeRequest", ({ detail }) => askedAt.set(detail.xhr, performance.now()));
document.addEventListener("htmx:beforeSwap", ({ detail }) => (asked = askedAt.get(detail.xhr) ?? 0));
window.Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element) =>
  !(["value", "checked"].includes(name) && typedAt.get(element) > asked);

// After 250 ms a line at the top moves and the place that waits is dimmed; quick answers show neither.
const waiting = new Map();
document.addEventListener("htmx:beforeRequest", (event) => {
  const { xhr, target, elt } = event.detail;
  if (elt.closest("[data-quiet]")) return;
  const timer = setTimeout(() => {
    $("#loading-bar")?.setAttribute("data-on", "");
    if (target !== document.body) target?.setAttribute("aria-busy", "true");
  }, 250);
  waiting.set(xhr, { timer, target });
});
document.addEventListener("htmx:afterRequest", (event) => {
  const { timer, target } = waiting.get(event.detail.xhr) ?? {};
  clearTimeout(timer);
  target?.removeAttribute("aria-busy");
  waiting.delete(event.detail.xhr);
  if (!waiting.size) $("#loading-bar")?.removeAttribute("data-on");
});

/* ------------------------------------------------- focus after a swap */
let lost = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  const focused = document.activeElement;
  const target = event.detail.target;
  lost = null;
  if (!focused || focused === document.body || !target?.contains?.(focused)) return;
  const row = focused.closest("[data-row]");
  const rows = row?.closest("[data-rows]");
  lost = { id: focused.id, targetId: target.id, rowsId: rows?.id, at: row ? $$("[data-row]", rows).indexOf(row) : -1 };
});
document.addEventListener("htmx:afterSettle", () => {
  if (!lost || document.activeElement !== document.body) return;
  const { id, targetId, rowsId, at } = lost;
  lost = null;
  const rows = at >= 0 ? $$("[data-row]", document.getElementById(rowsId) ?? document) : [];
  const row = rows[Math.min(at, rows.length - 1)];
  const place =
    (id && document.getElementById(id)) ||
    (row && ($("[data-row-link]", row) ?? $("a", row))) ||
    $("h2, h1", document.getElementById(targetId) ?? document.createElement("i")) ||
    $("#main");
  if (place && !place.matches("a, button, input, select, textarea")) place.tabIndex = -1;
  place?.focus({ preventScroll: true });
});
document.addEventListener("htmx:afterSettle", (event) => {
  const { target, xhr } = event.detail;
  if (xhr?.status === 422 && !target?.closest?.("dialog") && target?.isConnected) focusFirst(target);
});
if ($("form [aria-invalid=true], form [data-first-error]")) focusFirst($("#main") ?? document.body);

/* ---------------------------------------------------------------- tabs */
function select(tab) {
  const tabs = $$("[role=tab]", tab.closest("[role=tablist]"));
  const panels = new Set(tabs.map((each) => each.getAttribute("aria-controls")));
  for (const each of tabs) {
    each.setAttribute("aria-selected", String(each === tab));
    each.tabIndex = each === tab ? 0 : -1;
    const panel = document.getElementById(each.getAttribute("aria-controls"));
    if (panel && panels.size > 1) panel.hidden = each !== tab;
  }
}
on("click", "[role=tab]", (_event, tab) => select(tab));
on("keydown", "[role=tab]", (event, tab) => {
  const tabs = $$("[role=tab]", tab.closest("[role=tablist]")).filter(isShown);
  const at = tabs.indexOf(tab);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const next = tabs.at(to % tabs.length);
  next.focus();
  next.click();
});
onReady((root) => {
  for (const tab of $$("[role=tab][aria-selected=false]", root)) tab.tabIndex = -1;
});

/* ---------------------------------------------------------- appearance */
on("submit", "form[data-theme-form]", (event, form) => {
  event.preventDefault();
  const chosen = event.submitter.value;
  if (chosen === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  for (const button of $$("[data-theme-form] [name=theme]"))
    button.setAttribute("aria-checked", String(button.value === chosen));
  window.htmx.ajax("POST", form.action, { target: document.body, swap: "none", values: { theme: chosen } });
});
if (/Mac|iPhone|iPad/.test(navigator.platform)) for (const cap of $$("[data-mod-key]")) cap.textContent = "⌘ K";
