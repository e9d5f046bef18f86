// A new custom field: shows the key that its name gives, as the server will make it.

import { $, on } from "./app.js";

on("input", "[data-key-of]", (_event, input) => {
  const words = input.value.normalize("NFKD").replace(/[^\x00-\x7f]/g, "").toLowerCase(); // eslint-disable-line no-control-regex
  const key = words.replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "").slice(0, 36);
  const shown = $("#field-key");
  if (shown) shown.textContent = /^[a-z]/.test(key) ? key : `field_${key}`.replace(/_+$/, "");
});
