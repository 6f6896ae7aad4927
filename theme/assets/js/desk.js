// What pages do beyond links and forms, a module each. Everything works without it.
import "./browser_notifications.js";
import "./bulk.js";
import "./canned.js";
import "./composer.js";
import "./conversation.js";
import "./custom_fields.js";
import "./files.js";
import "./forms.js";
import "./keyboard.js";
import "./keys.js";
import "./live.js";
import "./palette.js";
import "./sortable.js";
import "./swaps.js";
import "./title.js";
import "./triage.js";
import "./walk.js";
import "./countdown.js";
import { dress } from "./dress.js";

dress(document);
