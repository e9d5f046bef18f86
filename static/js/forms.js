// Forms: unsaved changes, values edited in their place, tags, passwords.

import { $, $$, focusFirst, on, onReady, within, words } from "./dom.js";

/* ----------------------------------------------------- unsaved changes */
const dirty = new Set();
export const isDirty = (form) => dirty.has(form) && form.isConnected;
export const setDirty = (form, is) => (is ? dirty.add(form) : dirty.delete(form));

on("input", "form[data-guard]", (event, form) => "noDirty" in event.target.dataset || dirty.add(form));
on("change", "form[data-guard]", (event, form) => "noDirty" in event.target.dataset || dirty.add(form));
document.addEventListener("submit", (event) => dirty.delete(event.target));
for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"])
  document.addEventListener(failure, (event) => {
    const form = event.detail.elt?.closest?.("form[data-guard]");
    if (form) dirty.add(form);
  });
window.addEventListener("beforeunload", (event) => {
  if ([...dirty].some(isDirty)) event.preventDefault();
});
onReady((root) => {
  // A form that came back with errors is not saved either.
  for (const form of within(root, "form[data-guard]")) if ($("[aria-invalid=true]", form)) dirty.add(form);
});

/* ------------------------------------------------ what is sent, is sent once */
// A second press would make a second record. A page that is left stays a moment longer.
const underway = new WeakSet();
const free = (form) => underway.delete(form);
const freeSoon = (form) => setTimeout(free, 1500, form);

document.addEventListener("htmx:confirm", (event) => {
  if (event.detail.verb === "post" && underway.has(event.detail.elt)) event.preventDefault();
});
document.addEventListener("htmx:beforeRequest", ({ detail: { elt, requestConfig } }) => {
  if (requestConfig.verb === "post" && elt.matches("form:not([hx-sync])")) underway.add(elt);
});
document.addEventListener("htmx:afterRequest", ({ detail: { elt, xhr } }) =>
  (/hx-re|hx-loc/i.test(xhr.getAllResponseHeaders()) ? freeSoon : free)(elt),
);
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.matches("[method=post]:not([hx-post])")) return;
  if (underway.has(form)) event.preventDefault();
  underway.add(form);
  freeSoon(form);
});

/* ------------------------------------------- values edited in their place */
let leaving = null;

function leave(form, { save, next = null, focus = true }) {
  if (leaving?.form === form) return;
  const place = form.closest(".fld");
  leaving = { form, id: place?.id, next, focus };
  if (save && !unchanged(form)) return form.requestSubmit();
  return window.htmx.ajax("GET", form.dataset.back, { target: place, swap: "outerHTML" });
}

const values = (form) => JSON.stringify([...new FormData(form)].map(([name, value]) => [name, value.name ?? value]));
const unchanged = (form) => form.dataset.was === values(form);

on("keydown", "form[data-inline]", (event, form) => {
  if (event.defaultPrevented) return;
  if (event.key === "Escape") {
    event.stopPropagation();
    leave(form, { save: false });
  } else if (event.key === "Tab" && event.target.matches("input, select, textarea")) {
    // Within a form of several controls Tab walks on; beyond its ends it saves and opens the next value.
    const controls = $$("input:not([type=hidden]), select, textarea", form).filter((each) => each.offsetParent);
    if (event.target !== controls.at(event.shiftKey ? 0 : -1)) return;
    const all = $$(".fld-edit, form[data-inline]").map((each) => each.closest(".fld"));
    const next = all[all.indexOf(form.closest(".fld")) + (event.shiftKey ? -1 : 1)];
    if (next) event.preventDefault();
    leave(form, { save: true, next: next?.id, focus: Boolean(next) });
  } else if (event.key === "Enter" && !event.target.matches("textarea")) {
    event.preventDefault();
    leave(form, { save: true });
  }
});
on("focusout", "form[data-inline]", (event, form) => {
  // The window losing focus, or a step within the form, is not leaving.
  if (!document.hasFocus() || form.contains(event.relatedTarget)) return;
  setTimeout(() => form.isConnected && !form.contains(document.activeElement) && leave(form, { save: true, focus: false }));
});
on("crm:chosen", "form[data-inline]", (_event, form) => leave(form, { save: true }));
// Before the first control is focused: this replaces the one that holds the tags.
onReady((root) => {
  for (const box of within(root, "[data-tags]")) if (!$("[data-entry]", box)) buildTags(box);
});
onReady((root) => {
  for (const form of within(root, "form[data-inline]")) {
    form.dataset.was = $("[aria-invalid=true]", form) ? "" : values(form);
    leaving = null;
    focusFirst(form);
  }
});
document.addEventListener("htmx:afterSettle", () => {
  if (!leaving || leaving.form.isConnected) return;
  const { id, next, focus } = leaving;
  leaving = null;
  const place = document.getElementById(id);
  if (next) $(".fld-edit", document.getElementById(next))?.click();
  else if (focus) $(".fld-edit", place)?.focus();
});
for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"])
  document.addEventListener(failure, () => (leaving = null));

/* ---------------------------------------------------------------- tags */

function buildTags(box) {
  const stored = $("input", box);
  const focused = document.activeElement === stored; // a dialog has focused it already
  const entry = stored.cloneNode();
  entry.removeAttribute("name");
  entry.removeAttribute("required");
  entry.dataset.entry = "";
  entry.value = "";
  // Only while it has focus: Chromium crashes when a morph moves an input that has a list.
  const suggestions = $("datalist", box);
  if (suggestions) {
    entry.addEventListener("focus", () => entry.setAttribute("list", suggestions.id));
    entry.addEventListener("blur", () => entry.removeAttribute("list"));
  }
  stored.type = "hidden";
  stored.removeAttribute("id");
  box.append(entry);
  if (focused) entry.focus();
  const read = () => stored.value.split(",").map((word) => word.trim()).filter(Boolean);
  const write = (list) => {
    stored.value = [...new Set(list)].join(", ");
    draw();
    stored.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const add = () => {
    const typed = entry.value.split(",").map((word) => word.trim()).filter(Boolean);
    entry.value = "";
    if (typed.length) write([...read(), ...typed]);
  };
  const draw = () => {
    $$(".badge", box).forEach((chip) => chip.remove());
    for (const word of read()) {
      const chip = document.createElement("span");
      const remove = document.createElement("button");
      chip.className = "badge";
      chip.textContent = word;
      remove.type = "button";
      remove.className = "chip-x";
      remove.textContent = "×";
      remove.setAttribute("aria-label", words("remove").replace("{name}", word));
      remove.onclick = () => {
        write(read().filter((each) => each !== word));
        entry.focus();
      };
      chip.append(remove);
      entry.before(chip);
    }
  };
  entry.addEventListener("keydown", (event) => {
    if ((event.key === "Enter" && entry.value.trim()) || event.key === ",") {
      event.preventDefault();
      event.stopPropagation();
      add();
    } else if (event.key === "Backspace" && !entry.value && read().length) write(read().slice(0, -1));
  });
  entry.addEventListener("blur", add);
  draw();
}

/* ------------------------------------- several addresses in one field */
// The last row is always empty: typing into it adds another.
on("input", "[data-many-row] .input", (event, input) => {
  const row = input.closest("[data-many-row]");
  if (!input.value.trim() || row.nextElementSibling) return;
  const next = row.cloneNode(true);
  const at = row.parentElement.children.length;
  for (const control of $$("input, select", next)) {
    if (control.type === "radio") Object.assign(control, { value: String(at), checked: false });
    else control.value = "";
    if (control.id) control.id = control.id.replace(/\d+$/, at);
    control.removeAttribute("autofocus");
    control.removeAttribute("aria-invalid");
  }
  row.after(next);
});

/* ----------------------------------------- buttons that lead to the composer */
on("click", "[data-composer]", (_event, button) => document.getElementById(button.dataset.composer)?.click());
onReady((root) => {
  for (const button of within(root, "[data-composer][hidden]")) button.hidden = !document.getElementById(button.dataset.composer);
});

/* --------------------------------------------------------------- small */
on("click", "[data-reveal]", (_event, button) => {
  const input = $("input", button.parentElement);
  const shown = input.type === "password";
  input.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
});
on("input", "[data-confirm-word]", (_event, input) => {
  const typed = input.value.trim().toLowerCase();
  $("[type=submit]", input.form).disabled = typed !== input.dataset.confirmWord.toLowerCase();
});
// A control that sends its form as soon as it changes, where the form has a submit button for those without scripts.
on("change", "[data-submit-on-change]", (_event, control) => control.form.requestSubmit());
