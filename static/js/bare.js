// Behaviour of the pages without the frame: sign-in, set-up, errors.

import { $, focusFirst } from "./dom.js";
import "./forms.js";
import "./messages.js";

if ($("form [aria-invalid=true]")) focusFirst($("#main"));
