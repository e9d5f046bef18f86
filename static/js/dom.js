// The few helpers that every module uses.

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** Words for scripts, translated by the template components/messages.html. */
export const words = (name) => $("#words")?.dataset[name] ?? "";

/** Call `handler(event, element)` for events inside elements that match, also those that are swapped in later. */
export function on(type, selector, handler, capture = false) {
  document.addEventListener(
    type,
    (event) => {
      const element = event.target instanceof Element ? event.target.closest(selector) : null;
      if (element) handler(event, element);
    },
    capture,
  );
}

/** Run `setUp(root)` for the page and for every part that htmx swaps in. */
export function onReady(setUp) {
  setUp(document);
  document.addEventListener("htmx:load", (event) => {
    if (event.detail.elt !== document.body) setUp(event.detail.elt);
  });
}

/** Like querySelectorAll, the root itself included. */
export const within = (root, selector) => [
  ...(root instanceof Element && root.matches(selector) ? [root] : []),
  ...root.querySelectorAll(selector),
];

export const isShown = (element) => element.checkVisibility?.({ visibilityProperty: true }) ?? element.offsetParent !== null;

export const isTyping = (element) =>
  element?.isContentEditable ||
  (element?.matches?.("input, textarea, select") &&
    !["checkbox", "radio", "button", "submit"].includes(element.type));

const FOCUSABLE = "input:not([type=hidden]), select, textarea";

/** Put focus where a person goes on: the first error, what asks for it, the first field, the heading. */
export function focusFirst(root) {
  const usable = (element) => !element.disabled && isShown(element);
  const found =
    $$("[aria-invalid=true], [data-first-error]", root).find(usable) ??
    $$("[autofocus]", root).find(usable) ??
    $$(FOCUSABLE, root).find(usable) ??
    $$("h1, h2", root)[0];
  if (!found) return;
  if (/^H[12]$/.test(found.tagName)) found.tabIndex = -1;
  found.focus();
  if (found.matches("input") && found.value && found.type === "text") found.select();
}
