/* The system prompt and how tokens are drawn. What the user leaves empty is the model's own business. */

import { byId, element } from "./dom.js";
import { forgetAll, recall, remember } from "./store.js";
import { say } from "./texts.js";

const FIELDS = [
  { name: "temperature", standard: "temperature", min: 0, max: 2, whole: false },
  { name: "top_p", standard: "top_p", min: 0.01, max: 1, whole: false },
  { name: "top_k", standard: "top_k", min: 0, max: 100000, whole: true },
  { name: "max_tokens", standard: "max_new_tokens", min: 1, max: null, whole: true },
];

const EMPTY = { system: "", temperature: null, top_p: null, top_k: null, max_tokens: null };
let chosen = { ...EMPTY };

/** {system, temperature, top_p, top_k, max_tokens}: null where the user has not chosen. */
export function settings() {
  return chosen;
}

/** The sampling that a request must name. */
export function changedSettings() {
  const { system: _, ...sampling } = chosen;
  return Object.fromEntries(Object.entries(sampling).filter(([, value]) => value !== null));
}

/** Make the dialog work. about: of the server, with the model's defaults. forgotten(): told when all is forgotten. */
export function openSettings(about, forgotten) {
  chosen = { ...EMPTY, ...recall("settings", {}) };
  const dialog = byId("settings-dialog");
  byId("settings").addEventListener("click", () => {
    fill(about);
    dialog.showModal();
  });
  byId("settings-form").addEventListener("submit", (event) => {
    event.preventDefault();
    dialog.close();
  });
  byId("set-system").addEventListener("input", (event) => change("system", event.target.value));
  byId("settings-reset").addEventListener("click", () => {
    chosen = { ...EMPTY };
    remember("settings", null);
    fill(about);
    byId("set-system").focus();
  });
  byId("forget").addEventListener("click", () => {
    forgotten();
    forgetAll();
    // A fresh page is the surest way to hold on to nothing.
    location.reload();
  });
}

function change(name, value) {
  chosen = { ...chosen, [name]: value };
  remember("settings", chosen);
}

function fill(about) {
  byId("set-system").value = chosen.system;
  byId("sampling").replaceChildren(...FIELDS.map((field) => fieldNode(field, about)));
  byId("kept").textContent = say(remember("probe", 1) ? "kept" : "not_kept");
  remember("probe", null);
}

function fieldNode(field, about) {
  const id = `set-${field.name}`;
  const standard = about.defaults[field.standard];
  const hint = element("p", { class: "quiet", id: `${id}-hint` }, say("model_asks", { value: standard }));
  const input = element("input", {
    id, type: "number", inputmode: field.whole ? "numeric" : "decimal", step: field.whole ? 1 : "any", min: field.min,
    max: field.max ?? about.longest, placeholder: standard, "aria-describedby": hint.id,
  });
  input.value = chosen[field.name] ?? "";
  input.addEventListener("input", () => {
    const right = input.validity.valid;
    input.setAttribute("aria-invalid", String(!right));
    hint.textContent = right ? say("model_asks", { value: standard })
      : say(input.max ? "number_between" : "number_from", { low: Number(input.min), high: Number(input.max) });
    if (right) change(field.name, input.value === "" ? null : Number(input.value));
  });
  return element("div", { class: "field" }, element("label", { for: id }, say(field.name)), input, hint);
}
