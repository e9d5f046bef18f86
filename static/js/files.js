// Files of a record: chosen, dropped anywhere on the page or pasted, sent one after the other with progress.

import { $, on } from "./app.js";

const panel = () => $("[data-files]");
const csrf = (box) => $("[name=csrfmiddlewaretoken]", box)?.value;
let sending = Promise.resolve();

on("change", "[data-files] input[type=file]", (_event, input) => {
  send([...input.files]);
  input.value = "";
});

// The composer says which files will go along.
on("change", ".composer input[type=file]", (_event, input) => {
  const chip = $("[data-files-chosen]", input.closest("label"));
  chip.dataset.words ??= chip.textContent;
  chip.textContent = [...input.files].map((file) => file.name).join(", ") || chip.dataset.words;
});

const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
document.addEventListener("dragover", (event) => {
  if (!holdsFiles(event) || !panel() || event.target.closest("input[type=file]")) return;
  event.preventDefault();
  panel().dataset.over = "";
});
for (const name of ["dragleave", "dragend"])
  document.addEventListener(name, (event) => {
    if (panel() && !event.relatedTarget) delete panel().dataset.over;
  });
document.addEventListener("drop", (event) => {
  if (!holdsFiles(event) || !panel() || event.target.closest("input[type=file]")) return;
  event.preventDefault();
  delete panel().dataset.over;
  send([...event.dataTransfer.files]);
});
document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (!files.length || !panel() || $("dialog[open]")) return;
  if (event.clipboardData.types.includes("text/plain") && event.target.closest("input, textarea")) return;
  event.preventDefault();
  send(files);
});

function complain(text) {
  const place = $("#files-error");
  if (place) place.textContent = text;
}

function send(files) {
  complain("");
  const most = Number(panel().dataset.most);
  for (const file of files) {
    if (file.size > most) complain(panel().dataset.tooBig.replace("{name}", file.name));
    else sending = sending.then(() => sendOne(file));
  }
}

function sendOne(file) {
  const box = panel();
  if (!box) return undefined;
  const line = document.createElement("li");
  const bar = document.createElement("progress");
  bar.max = file.size;
  bar.value = 0;
  bar.setAttribute("aria-label", box.dataset.sending.replace("{name}", file.name));
  const name = document.createElement("span");
  name.className = "clip grow sm";
  name.textContent = file.name;
  line.append(name, bar);
  $("[data-files-queue]", box).append(line);
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("files", file, file.name);
    request.open("POST", box.dataset.files);
    request.setRequestHeader("X-CSRFToken", csrf(box) ?? "");
    request.setRequestHeader("HX-Request", "true");
    request.setRequestHeader("HX-Target", "files");
    request.upload.addEventListener("progress", (event) => (bar.value = event.loaded));
    request.addEventListener("loadend", () => {
      line.remove();
      answer(request, file);
      resolve();
    });
    request.send(body);
  });
}

function answer(request, file) {
  const box = panel();
  if (!box || ![200, 422].includes(request.status)) {
    complain((box?.dataset.failed ?? "").replace("{name}", file.name));
    return;
  }
  const waiting = [...$("[data-files-queue]", box).children];
  window.htmx.swap(box, request.responseText, { swapStyle: "outerHTML" });
  $("[data-files-queue]")?.append(...waiting);
  const told = JSON.parse(request.getResponseHeader("HX-Trigger") || "{}");
  for (const [name, detail] of Object.entries(told)) {
    // The whole page is fetched again once, after the last file.
    if (name === "crm:refresh" && waiting.length) continue;
    document.body.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, cancelable: true }));
  }
}
