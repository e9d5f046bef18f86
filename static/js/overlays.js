// What opens above the page: dialogs filled by htmx, the drawer, popover menus, and the command palette.

import { $, $$, focusFirst, isShown, on, words } from "./dom.js";
import { isDirty } from "./forms.js";

/* ------------------------------------------------------------- dialogs */
const openers = new WeakMap();

// An item of a menu is gone when the dialog closes; its menu's button takes its place.
function lasting(element) {
  const menu = element?.closest?.("[popover]");
  return menu ? ($$(`[popovertarget="${menu.id}"]`).find(isShown) ?? null) : element;
}

/** Open a dialog by id; with `url` it is filled from there first. */
export function openDialog(id, url) {
  const dialog = document.getElementById(id);
  if (!dialog) return;
  if (url) {
    openers.set(dialog, lasting(document.activeElement));
    window.htmx.ajax("GET", url, { target: `#${id} [data-dialog-body]`, swap: "innerHTML" });
    return;
  }
  show(dialog, document.activeElement);
}

/** Close the topmost open dialog. */
export function closeDialog() {
  $$("dialog[open]").at(-1)?.close();
}

function show(dialog, opener) {
  if (!dialog.open) {
    if (!openers.get(dialog)) openers.set(dialog, lasting(opener));
    for (const menu of $$("[popover]:popover-open")) menu.hidePopover();
    dialog.showModal();
  }
  focusFirst(dialog);
}

const mayClose = (dialog) => !$$("form", dialog).some(isDirty) || window.confirm(words("leave"));

document.addEventListener("htmx:afterSwap", (event) => {
  const target = event.detail.target;
  if (!target?.matches?.("[data-dialog-body]")) return;
  if (event.detail.xhr?.getResponseHeader("HX-Reswap") === "none") return; // nothing came; it may be closing
  const dialog = target.closest("dialog");
  const stays = dialog.open && dialog.contains(document.activeElement) && !$("[autofocus], [aria-invalid=true]", dialog);
  if (stays) return; // a morph left the focus where it was
  if (target.childElementCount) show(dialog, event.detail.requestConfig?.elt);
  else dialog.close();
});

on("click", "[data-open]", (_event, button) => openDialog(button.dataset.open));
on("click", "dialog [data-close]", (event, button) => {
  event.preventDefault();
  const dialog = button.closest("dialog");
  if (button.closest("form") ? mayClose(dialog) : true) dialog.close();
});
// What is answered by a file leaves the page, and the dialog, where they are.
on("submit", "dialog form[data-closes]", (_event, form) => setTimeout(() => form.closest("dialog")?.close(), 300));
// A press on the backdrop closes, unless something was typed; a press that began inside does not count.
let pressedOn = null;
document.addEventListener("pointerdown", (event) => (pressedOn = event.target));
document.addEventListener("click", (event) => {
  const dialog = event.target;
  if (!(dialog instanceof HTMLDialogElement) || pressedOn !== dialog) return;
  const box = dialog.getBoundingClientRect();
  const { clientX: x, clientY: y } = event;
  const inside = x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
  if (!inside && !$$("form", dialog).some(isDirty)) dialog.close();
});
document.addEventListener(
  "cancel",
  (event) => {
    if (event.target instanceof HTMLDialogElement && !mayClose(event.target)) event.preventDefault();
  },
  true,
);
document.addEventListener(
  "close",
  (event) => {
    const dialog = event.target;
    if (!(dialog instanceof HTMLDialogElement)) return;
    for (const region of [$("#toasts", dialog), $("#announcer", dialog)]) if (region) document.body.append(region);
    if ("filled" in dialog.dataset) $("[data-dialog-body]", dialog).replaceChildren();
    const opener = openers.get(dialog);
    openers.delete(dialog);
    if (opener?.isConnected && isShown(opener)) opener.focus();
    else if (document.activeElement === document.body) $("#main")?.focus({ preventScroll: true });
  },
  true,
);
document.addEventListener("crm:close-dialog", closeDialog);

/* --------------------------------------------------------------- menus */
const items = (menu) => $$("[role^=menuitem]:not([disabled])", menu).filter(isShown);
const invoker = (menu) => $$(`[popovertarget="${menu.id}"]`).find(isShown);
const anchored = CSS.supports("position-area", "block-end");

document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target;
    if (!(menu instanceof Element) || !menu.matches(".menu[popover]")) return;
    const opened = event.newState === "open";
    const button = invoker(menu);
    for (const each of $$(`[popovertarget="${menu.id}"]`)) each.setAttribute("aria-expanded", String(opened));
    if (!opened) return;
    if (!anchored && button && !menu.matches(".menu-center")) place(menu, button.getBoundingClientRect());
    if (menu.matches("[role=menu]")) ($("[aria-checked=true], [aria-current]", menu) ?? items(menu)[0])?.focus();
    else focusFirst(menu);
  },
  true,
);

function place(menu, box) {
  const { width, height } = menu.getBoundingClientRect();
  const below = box.bottom + height + 8 < innerHeight;
  menu.style.top = `${below ? box.bottom + 4 : Math.max(box.top - height - 4, 4)}px`;
  menu.style.left = `${Math.max(Math.min(box.left, innerWidth - width - 8), 8)}px`;
  menu.style.margin = "0";
}

on("keydown", "[role=menu]", (event, menu) => {
  const all = items(menu);
  const at = all.indexOf(document.activeElement);
  const last = all.length - 1;
  const to = { ArrowDown: at === last ? 0 : at + 1, ArrowUp: at <= 0 ? last : at - 1, Home: 0, End: last }[event.key];
  if (to !== undefined) all[to]?.focus();
  else if (event.key === "Tab") return menu.hidePopover();
  else if (/^[\p{L}\p{N}]$/u.test(event.key) && !event.ctrlKey && !event.metaKey && !menu.dataset.keysOwn) {
    const starts = (item) => item.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase());
    const hit = [...all.slice(at + 1), ...all.slice(0, at + 1)].find(starts);
    if (!hit) return undefined;
    hit.focus();
  } else return undefined;
  event.stopPropagation();
  return event.preventDefault();
});
on("click", ".menu[popover] [role^=menuitem]", (_event, item) => {
  if (!("stay" in item.dataset)) item.closest("[popover]").hidePopover?.();
});

/* ------------------------------------------------------------- palette */
export function openPalette() {
  const palette = $("#palette");
  if (!palette || palette.open) return;
  show(palette, document.activeElement);
  const input = $("#palette-input");
  input.select();
  window.htmx.trigger(input, "crm:open");
}
on(
  "click",
  "[data-open=palette]",
  (event) => {
    event.stopPropagation();
    openPalette();
  },
  true,
);
// The palette is out of the way before its choice opens something else.
on("click", "#palette [role=option]", () => $("#palette").close(), true);
