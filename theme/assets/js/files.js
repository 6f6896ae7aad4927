// Files of a message: chosen, dropped on its form or pasted; each with its picture and a way out, and
// how far they have been sent. They are in the form's own field, as without scripts.
import { distinct, size } from "./file_names.js";
import { words } from "./words.js";

const PICTURE = 40; // pixels
const fieldOf = (form) => form?.querySelector("[data-files] input[type=file]");
const formOf = (target) => target.closest?.("form[enctype]");

function put(field, files) {
  const all = new DataTransfer();
  const taken = [];
  for (const file of files) {
    const name = distinct(file.name, taken);
    taken.push(name);
    all.items.add(name === file.name ? file : new File([file], name, { type: file.type }));
  }
  field.files = all.files;
  show(field);
}

async function draw(canvas, file) {
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) return canvas.remove(); // no picture that a browser knows
  const scale = Math.max(PICTURE / picture.width, PICTURE / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  canvas.getContext("2d").drawImage(picture, (PICTURE - width) / 2, (PICTURE - height) / 2, width, height);
}

function show(field) {
  const list = field.closest("[data-files]").querySelector("[data-chosen-files]");
  list.replaceChildren(
    ...[...field.files].map((file, place) => {
      const line = document.createElement("li");
      line.className = "chip";
      if (file.type.startsWith("image/")) {
        const canvas = document.createElement("canvas");
        canvas.width = canvas.height = PICTURE;
        canvas.className = "rounded-field";
        line.append(canvas);
        draw(canvas, file);
      }
      const name = document.createElement("bdi");
      name.className = "max-w-48 truncate";
      name.textContent = file.name;
      const weight = document.createElement("span");
      weight.className = "quiet";
      weight.textContent = size(file.size, document.documentElement.lang);
      const out = document.createElement("button");
      out.type = "button";
      out.className = "btn btn-ghost btn-xs btn-circle";
      out.ariaLabel = words.remove.replace("%(name)s", file.name);
      out.textContent = "×";
      out.addEventListener("click", () => {
        put(field, [...field.files].filter((_, other) => other !== place));
        field.focus({ preventScroll: true });
      });
      line.append(name, weight, out);
      return line;
    }),
  );
}

function add(form, files) {
  const field = fieldOf(form);
  put(field, [...field.files, ...files]);
}

let chosen = []; // what a field had before its own dialog replaces it
document.addEventListener("click", (event) => {
  if (event.target.matches?.("[data-files] input[type=file]")) chosen = [...event.target.files];
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-files] input[type=file]")) {
    put(event.target, [...chosen, ...event.target.files]);
    chosen = [];
  }
});
document.addEventListener("paste", (event) => {
  const form = formOf(event.target);
  const files = [...event.clipboardData.files];
  if (!files.length || !fieldOf(form)) return;
  event.preventDefault();
  add(form, files);
});
document.addEventListener("dragover", (event) => {
  const form = formOf(event.target);
  if (!event.dataTransfer.types.includes("Files") || !fieldOf(form)) return;
  event.preventDefault();
  form.classList.add("dropping");
});
document.addEventListener("dragleave", (event) => {
  const form = formOf(event.target);
  if (form && !form.contains(event.relatedTarget)) form.classList.remove("dropping");
});
document.addEventListener("drop", (event) => {
  const form = formOf(event.target);
  form?.classList.remove("dropping");
  if (!event.dataTransfer.files.length || !fieldOf(form)) return;
  event.preventDefault();
  add(form, event.dataTransfer.files);
});

// --- sending
const bar = (event) => fieldOf(event.detail.elt.closest?.("form"))?.files.length && event.detail.elt.querySelector("progress");
document.addEventListener("htmx:xhr:progress", (event) => {
  const shown = bar(event);
  if (!shown || !event.detail.lengthComputable) return;
  shown.hidden = false;
  shown.value = (100 * event.detail.loaded) / event.detail.total;
});
document.addEventListener("htmx:afterRequest", (event) => {
  for (const shown of event.detail.elt.querySelectorAll?.("[data-files] progress") ?? []) shown.hidden = true;
});
// What was sent is taken out (composer.js), and so is its list.
document.addEventListener("composed", (event) => {
  const field = fieldOf(document.getElementById(event.detail.form));
  if (field) show(field);
});
