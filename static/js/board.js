// The board: drag, menu and keys move a card at once; the server confirms, or the card slides back.

import { $, $$, announce, isShown, on, onReady, openDialog, registerKeys, showToast } from "./app.js";

const POLL = 15_000;
let dragging = "";
let pending = 0;
// Where a card was before the move that is under way, to put it back.
const origins = new Map();
// The stage that the move under way leads to, and the one wanted after it: a card may be moved on at once.
const sent = new Map();
const wishes = new Map();

const board = () => $("#board");
const word = (name) => board()?.dataset[`word${name}`] ?? "";
const columnOf = (card) => card.closest(".kanban-col");
const cardsIn = (column) => $$(".deal-card", column).filter(isShown);
const openColumns = () => $$(".kanban-col:not([data-collapsed])", board());
const idOf = (card) => $(":scope > a", card).pathname.split("/")[2];
const query = () => location.search.slice(1);

/* --------------------------------------------------------------- moving */
function remember(card) {
  if (!origins.has(card.id)) origins.set(card.id, { list: card.parentElement, next: card.nextElementSibling, stage: columnOf(card).dataset.id });
}

// Cards slide from where they were: a small move, none with reduced motion.
function slide(card, change) {
  const from = card.getBoundingClientRect();
  change();
  const to = card.getBoundingClientRect();
  if (matchMedia("(prefers-reduced-motion: reduce)").matches || (from.x === to.x && from.y === to.y)) return;
  card.animate([{ translate: `${from.x - to.x}px ${from.y - to.y}px` }, { translate: "0 0" }], { duration: 180, easing: "ease" });
}

function putBack(id) {
  const origin = origins.get(id);
  origins.delete(id);
  wishes.delete(id);
  const card = document.getElementById(id);
  if (!card || !origin) return;
  const focused = card.contains(document.activeElement);
  delete card.dataset.pending;
  slide(card, () => origin.list.insertBefore(card, origin.next?.parentElement === origin.list ? origin.next : null));
  if (focused) $(":scope > a", card).focus();
}

function send(card, stage) {
  const origin = origins.get(card.id);
  card.dataset.pending = "";
  pending += 1;
  sent.set(card.id, stage);
  const url = board().dataset.move.replace("{id}", idOf(card));
  window.htmx.ajax("POST", query() ? `${url}?${query()}` : url, {
    source: card,
    target: "#modal-body",
    swap: "innerHTML",
    values: { stage, seen: origin.stage, board: "1" },
  });
}

/** Move a card into a column, at its top unless it was dropped at a place. */
function move(card, column, { dropped = false } = {}) {
  if ("fixed" in card.dataset) {
    if (dropped) putBack(card.id);
    return showToast({ text: word("Fixed"), tone: "bad" });
  }
  if (!dropped) {
    if (columnOf(card) === column) return undefined;
    remember(card);
    slide(card, () => $(".kanban-list", column).prepend(card));
    $(":scope > a", card).focus();
    card.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  if (!("pending" in card.dataset)) return send(card, column.dataset.id);
  wishes.set(card.id, column.dataset.id);
  return undefined;
}

/** What the server has confirmed is where the card starts from now; send what was wanted meanwhile. */
function goOn(card) {
  const stage = sent.get(card.id);
  const wish = wishes.get(card.id);
  wishes.delete(card.id);
  const column = $$(".kanban-col", board()).find((each) => each.dataset.id === stage);
  if (!column || (!wish && dragging !== card.id) || wish === stage) return false;
  origins.set(card.id, { list: $(".kanban-list", column), next: null, stage });
  if (wish) send(card, wish);
  return true;
}

// The new card takes the focus of the one that it replaces. What Sortable leaves in `style` would break the policy.
let focused = "";
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const card = event.detail.requestConfig?.elt;
  if (!card?.matches?.(".deal-card")) return;
  if (dragging !== card.id) card.removeAttribute("style");
  focused = card.contains(document.activeElement) ? card.id : "";
});
document.addEventListener("htmx:afterRequest", (event) => {
  const card = event.detail.requestConfig?.elt;
  if (!card?.matches?.(".deal-card")) return;
  pending -= 1;
  const { xhr } = event.detail;
  if (xhr.getResponseHeader("HX-Trigger")?.includes("deals:asked")) return; // a dialog asks for what is missing
  if (xhr.status >= 200 && xhr.status < 300) return landed(card.id, focused === card.id);
  if (xhr.status !== 409 && xhr.status !== 401 && xhr.status !== 403 && xhr.status !== 404) showToast({ text: word("Back"), tone: "bad" });
  return putBack(card.id);
});

// What a column held when it came from the server is no longer so; the next look fetches it.
const outdate = (list) => list?.closest(".kanban-col")?.setAttribute("data-etag", "");

function landed(id, focus = false) {
  const origin = origins.get(id);
  outdate(origin?.list);
  outdate(document.getElementById(id));
  origins.delete(id);
  const card = document.getElementById(id);
  if (!card) return;
  if (dragging !== id) card.removeAttribute("style");
  delete card.dataset.pending;
  if (goOn(card)) return;
  if (columnOf(card)?.dataset.collapsed !== undefined) {
    card.remove();
    if (focus) $(".deal-card > a", origin?.list ?? board())?.focus();
  } else if (focus) $(":scope > a", card).focus({ preventScroll: true });
}

// A move that a dialog completed: the dialog has closed by then, and the card takes the focus.
document.addEventListener("deals:moved", (event) => setTimeout(() => landed(`d${event.detail.deal}`, Boolean(origins.size)), 60));
document.addEventListener("deals:stale", (event) => {
  putBack(`d${event.detail.deal}`);
  look(true);
});
// The dialog that asked was closed without an answer: the card goes back.
document.addEventListener("close", () => setTimeout(() => pending || dragging || [...origins.keys()].forEach(putBack), 120), true);

/* ----------------------------------------------------------------- drag */
onReady((root) => {
  if (!window.Sortable) return;
  for (const list of $$(".kanban-list", root instanceof Element ? root.closest("#board") ?? root : root)) {
    if (window.Sortable.get(list)) continue;
    window.Sortable.create(list, {
      group: "deals",
      draggable: ".deal-card",
      filter: ".deal-more, .quick-add, [data-fixed]",
      preventOnFilter: false,
      forceFallback: true,
      fallbackOnBody: true,
      fallbackTolerance: 4,
      delay: 200,
      delayOnTouchOnly: true,
      touchStartThreshold: 8,
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
      scrollSensitivity: 80,
      bubbleScroll: true,
      setData: () => {},
      onStart(event) {
        dragging = event.item.id;
        remember(event.item);
        event.item.dataset.ghost = "";
        document.body.dataset.dragging = "";
      },
      onMove(event) {
        for (const column of $$(".kanban-col[data-drop]")) delete column.dataset.drop;
        const column = event.to.closest(".kanban-col");
        if (column && event.from !== event.to) column.dataset.drop = "";
      },
      onEnd(event) {
        dragging = "";
        delete event.item.dataset.ghost;
        delete document.body.dataset.dragging;
        for (const column of $$(".kanban-col[data-drop]")) delete column.dataset.drop;
        const to = event.to.closest(".kanban-col");
        if (event.from === event.to) {
          // The order within a column is the sort's, so a card dropped where it came from goes back to its place.
          return putBack(event.item.id);
        }
        return move(event.item, to, { dropped: true });
      },
    });
  }
});
// The browser's own drag of a link would take the card out of the hand: an answer that comes between the press and the first
// move makes the link draggable again.
document.addEventListener("dragstart", (event) => {
  if (event.target instanceof Element && event.target.closest(".deal-card")) event.preventDefault();
});
// A press that became a drag must not open the deal.
document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest(".deal-card[data-ghost]")) event.preventDefault();
}, true);

/* ----------------------------------------------------------------- menu */
// The button is the same on every card, so the page sends it once.
function furnish() {
  const button = $("#card-actions")?.content.firstElementChild;
  if (!button) return;
  for (const card of $$(".deal-card", board())) {
    if (card.lastElementChild.matches(".deal-more")) continue;
    const own = button.cloneNode();
    own.ariaLabel = `${button.ariaLabel}: ${$(":scope > a", card).textContent}`;
    card.append(own);
  }
}
onReady(() => board() && furnish());
document.addEventListener("htmx:afterSettle", () => board() && furnish());
document.addEventListener("htmx:oobAfterSwap", () => board() && furnish());

let subject = null;
const menu = () => $("#deal-menu");

on("click", ".deal-more", (_event, button) => (subject = button.closest(".deal-card")), true);
document.addEventListener("toggle", (event) => {
  if (event.target !== menu() || event.newState !== "open" || !subject) return;
  const stage = columnOf(subject)?.dataset.id;
  subject.dataset.menu = "";
  for (const item of $$("[data-to]", menu())) {
    item.setAttribute("aria-checked", String(item.dataset.to === stage));
    item.disabled = "fixed" in subject.dataset;
  }
  for (const item of $$("[data-letter]:not([data-letter=t])", menu())) item.hidden = "fixed" in subject.dataset;
  ($("[aria-checked=true]:not([disabled])", menu()) ?? $$(".menu-item:not([disabled])", menu()).find(isShown))?.focus();
}, true);
document.addEventListener("toggle", (event) => {
  if (event.target === menu() && event.newState === "closed" && subject) delete subject.dataset.menu;
}, true);

function choose(item) {
  const card = subject;
  menu().hidePopover();
  if (!card?.isConnected) return;
  if (item.dataset.dialog) return void (openDialog("modal", item.dataset.dialog.replace("{id}", idOf(card))), $(":scope > a", card).focus());
  const column = $$(".kanban-col", board()).find((each) => each.dataset.id === item.dataset.to);
  if (column) move(card, column);
}
on("click", "#deal-menu [role^=menuitem]", (_event, item) => choose(item));
on("keydown", "#deal-menu", (event, root) => {
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const item = /^[1-9]$/.test(key) ? $$("[data-to]", root)[key - 1] : $(`[data-letter="${CSS.escape(key)}"]`, root);
  if (!item || item.disabled || item.hidden) return;
  event.preventDefault();
  event.stopPropagation();
  choose(item);
});

/* ------------------------------------------------------------- keyboard */
const current = () => document.activeElement?.closest?.(".deal-card");

function go(card) {
  if (!card) return true;
  $(":scope > a", card).focus();
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
  return true;
}

function vertical(by) {
  const card = current();
  if (!card) return go($$(".deal-card", board()).find(isShown));
  const all = cardsIn(columnOf(card));
  return go(all[Math.min(Math.max(all.indexOf(card) + by, 0), all.length - 1)]);
}

function horizontal(by) {
  const card = current();
  if (!card) return go($$(".deal-card", board()).find(isShown));
  const columns = openColumns();
  const height = cardsIn(columnOf(card)).indexOf(card);
  for (let at = columns.indexOf(columnOf(card)) + by; columns[at]; at += by) {
    const all = cardsIn(columns[at]);
    if (all.length) return go(all[Math.min(height, all.length - 1)]);
  }
  return true;
}

function shift(by) {
  const card = current();
  if (!card) return false;
  const columns = $$(".kanban-col", board());
  const to = columns[columns.indexOf(columnOf(card)) + by];
  if (to) move(card, to);
  return true;
}

function openMenu() {
  const card = current();
  if (!card) return false;
  $(".deal-more", card).click();
  // The menu's own toggle event comes a moment later: a digit typed at once must find it.
  $(".menu-item", menu())?.focus();
  return true;
}

onReady((root) => {
  if (root !== document || !board()) return;
  registerKeys(word("Keys"), {
    arrowdown: { label: word("Cards"), run: () => vertical(1) },
    arrowup: { run: () => vertical(-1) },
    arrowleft: { run: () => horizontal(-1) },
    arrowright: { run: () => horizontal(1) },
    j: { run: () => vertical(1) },
    k: { run: () => vertical(-1) },
    // On a past day nothing moves.
    ...(menu() && {
      m: { label: word("Menu"), run: openMenu },
      "shift+arrowleft": { label: word("Left"), run: () => shift(-1) },
      "shift+arrowright": { label: word("Right"), run: () => shift(1) },
    }),
  });
});

/* ------------------------------------------------------------ quick add */
on("click", "[data-quick-cancel]", (_event, button) => closeQuick(button.closest(".quick-add")));
on("keydown", ".quick-add", (event, box) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  event.preventDefault();
  closeQuick(box);
});
function closeQuick(box) {
  const button = $(".kanban-title .btn", box.closest(".kanban-col"));
  box.remove();
  button?.focus();
}
// One form at a time in a column.
document.addEventListener("htmx:beforeRequest", (event) => {
  const link = event.detail.elt;
  if (!link.matches?.(".kanban-title a[hx-get]")) return;
  const open = $(".quick-add", link.closest(".kanban-col"));
  if (!open) return;
  event.preventDefault();
  $("input:not([type=hidden])", open).focus();
});
document.addEventListener("htmx:afterSettle", (event) => {
  outdate(event.detail.target?.closest?.(".kanban-list"));
  const box = event.detail.target?.matches?.(".kanban-list") ? $(".quick-add", event.detail.target) : null;
  if (box) $("input:not([type=hidden])", box).focus();
});

/* ----------------------------------------------- what others have moved */
let asking = false;

function busy() {
  return dragging || pending || asking || document.hidden || $("dialog[open]:modal") || $("[popover]:popover-open:not(#toasts)") || $(".quick-add");
}

function look(now = false) {
  const state = $("#board-state");
  if (!board() || !state || (busy() && !now) || dragging) return;
  asking = true;
  const params = new URLSearchParams(location.search);
  params.set("stamp", now ? "" : state.dataset.stamp);
  for (const column of $$(".kanban-col", board())) {
    const key = column.id.slice(4);
    params.set(`e-${key}`, column.dataset.etag);
    const shown = $$(".deal-card", column).length;
    if (shown > 50) params.set(`n-${key}`, shown);
  }
  state.dataset.quiet = "";
  const focusedOn = current()?.id;
  window.htmx
    .ajax("GET", `${board().dataset.changes}?${params}`, { source: state, target: "#board-state", swap: "none" })
    .finally(() => {
      asking = false;
      const card = focusedOn && document.activeElement === document.body ? document.getElementById(focusedOn) : null;
      if (card) $(":scope > a", card).focus({ preventScroll: true });
    });
}
setInterval(look, POLL);
document.addEventListener("visibilitychange", () => document.hidden || look());
// After an undo or an edit only the columns that differ are fetched, so the place on the board is kept.
document.body.addEventListener("crm:refresh", (event) => {
  if (!board()) return;
  event.preventDefault();
  look(true);
});
document.addEventListener("htmx:beforeOnLoad", (event) => {
  // A column must not change under a hand that drags.
  if (event.detail.elt?.id === "board-state" && dragging) event.preventDefault();
});

/* ---------------------------------------------------------- stage strip */
const strip = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      const chip = $(`.stage-strip [href="#${target.id}"]`);
      for (const other of $$(".stage-strip [aria-current]")) other.removeAttribute("aria-current");
      chip?.setAttribute("aria-current", "true");
      chip?.scrollIntoView({ block: "nearest", inline: "center" });
    }
  },
  { threshold: 0.6 },
);
onReady(() => {
  if (!matchMedia("(width < 48rem)").matches) return;
  for (const column of openColumns()) strip.observe(column);
});
on("click", ".stage-strip a", (event, link) => {
  event.preventDefault();
  const column = document.getElementById(link.hash.slice(1));
  column?.scrollIntoView({ inline: "start", block: "nearest" });
  if (column) announce($("h2", column).textContent);
});
