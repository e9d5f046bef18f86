// Toasts, the line for screen readers, undo, and what is said when a request fails.

import { $, $$, on, words } from "./dom.js";

const STAY = 10_000;
const AT_MOST = 3;
let lastUndo = null;

// Whatever lies outside an open modal dialog is inert, so both regions move into it.
function bringUp() {
  const host = $$("dialog[open]").findLast((dialog) => dialog.matches(":modal")) ?? document.body;
  for (const region of [$("#toasts"), $("#announcer")]) if (region && region.parentElement !== host) host.append(region);
}

/** Have screen readers say a line, politely; the same line twice is said twice. */
export function announce(text) {
  const region = $("#announcer");
  if (!region) return;
  bringUp();
  region.textContent = "";
  setTimeout(() => (region.textContent = text), 80);
}

/**
 * Show what just happened. `undo` is an address to post to, `link` [words, address], `retry` a function;
 * `sticky` keeps one until it is dismissed, and the page: its link opens a tab. Returns the element.
 */
export function showToast({ text, tone = "ok", undo, link, retry, sticky = false }) {
  const region = $("#toasts");
  const toast = $("#toast-template")?.content.firstElementChild.cloneNode(true);
  if (!region || !toast) return null;
  bringUp();
  const part = (name) => $(`[data-part=${name}]`, toast);
  toast.dataset.tone = tone;
  $("p", toast).textContent = text;
  part(tone === "ok" ? "icon-bad" : "icon-ok").remove();
  if (link) Object.assign(part("link"), { textContent: link[0], href: link[1], target: sticky ? "_blank" : "" });
  else part("link").remove();
  if (undo) {
    toast.dataset.undo = lastUndo = undo;
  } else part("undo").remove();
  if (retry) part("retry").onclick = () => (toast.remove(), retry());
  else part("retry").remove();
  if (sticky) for (const same of $$(".toast", region)) if ($("p", same).textContent === text) same.remove();
  region.append(toast);
  for (const old of $$(".toast", region).slice(0, -AT_MOST)) old.remove();
  announce(text);
  if (!sticky) stayFor(toast, STAY);
  return toast;
}

// The clock stops while the toast is pointed at or holds focus.
function stayFor(toast, milliseconds) {
  let timer;
  let since;
  const start = () => {
    since = Date.now();
    timer = setTimeout(() => toast.remove(), milliseconds);
  };
  const stop = () => {
    clearTimeout(timer);
    milliseconds = Math.max(milliseconds - (Date.now() - since), 2000);
  };
  const held = () => toast.matches(":hover, :focus-within");
  for (const type of ["pointerenter", "focusin"]) toast.addEventListener(type, stop);
  for (const type of ["pointerleave", "focusout"])
    toast.addEventListener(type, () => setTimeout(() => held() || (clearTimeout(timer), start())));
  start();
}

/** Undo the last change that a toast offered to undo; true if there was one. */
export function undoLast() {
  if (!lastUndo) return false;
  const url = lastUndo;
  lastUndo = null;
  $(`.toast[data-undo="${CSS.escape(url)}"]`)?.remove();
  window.htmx.ajax("POST", url, { target: document.body, swap: "none" });
  return true;
}

on("click", ".toast [data-part=undo]", (_event, button) => {
  lastUndo = button.closest(".toast").dataset.undo;
  undoLast();
});
on("click", ".toast [data-part=dismiss]", (_event, button) => button.closest(".toast").remove());

document.addEventListener("crm:toast", (event) => event.detail.toasts.forEach((toast) => showToast(toast)));
document.addEventListener("crm:announce", (event) => announce(event.detail.text));
document.addEventListener("crm:signed-out", (event) =>
  showToast({ text: words("signedOut"), tone: "bad", sticky: true, link: [words("signIn"), event.detail.url] }),
);

// Toasts that came with the page.
for (const sent of $$("#toasts > [data-text]")) {
  const { text, tone, extra } = sent.dataset;
  sent.remove();
  let more = {};
  try {
    more = JSON.parse(extra || "{}");
  } catch {
    // tags that another library gave its message
  }
  showToast({ text, tone, undo: more.undo, link: more.link });
}

function again(element) {
  if (!element?.isConnected || element === document.body) return undefined;
  if (element.matches("form")) return () => element.requestSubmit();
  return element.matches("a, button") ? () => element.click() : undefined;
}

function notReached(event) {
  showToast({ text: words("offline"), tone: "bad", retry: again(event.detail.elt) });
}
document.addEventListener("htmx:sendError", notReached);
document.addEventListener("htmx:timeout", notReached);

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if (xhr.status === 401 || xhr.getResponseHeader("HX-Trigger")?.includes("crm:toast")) return;
  if (xhr.status === 503) return void showToast({ text: words("away"), tone: "bad", retry: again(event.detail.elt) });
  const name = { 403: "denied", 404: "missing", 410: "missing", 429: "busy" }[xhr.status] ?? "failed";
  showToast({ text: words(name), tone: "bad" });
});
