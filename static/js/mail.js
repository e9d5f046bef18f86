// Puts a merge field where the caret last was in a text of the template.
let last = null;
document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-merge]")) last = event.target;
});
document.addEventListener("click", (event) => {
  const pick = event.target.closest("[data-insert]");
  if (!pick) return;
  const into = last?.isConnected ? last : document.querySelector("textarea[data-merge]");
  into.setRangeText(`{{ ${pick.dataset.insert} }}`, into.selectionStart, into.selectionEnd, "end");
  into.dispatchEvent(new Event("input", { bubbles: true }));
  into.focus();
});
