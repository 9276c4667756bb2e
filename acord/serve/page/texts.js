/* The language of the interface: chosen from the browser's, changed by the user, remembered. */

import { recall, remember } from "./store.js";

const LANGUAGES = { va: "ca-valencia", es: "es", en: "en" };
const CODES = { ca: "va", va: "va", es: "es", en: "en" };

let tag = "en";
let texts = {};

/** The interface's tag for the languages that a browser prefers, best first; English where none fits. */
export function tagFor(preferred) {
  for (const name of preferred) {
    const found = CODES[name.toLowerCase().split("-")[0]];
    if (found) return found;
  }
  return "en";
}

export function languageTag() {
  return tag;
}

/** Load a language and write it onto the page. Raises TypeError where the server is out of reach. */
export async function speak(wanted) {
  const chosen = wanted in LANGUAGES ? wanted : "en";
  const answer = await fetch(`/page/texts/${chosen}.json`);
  if (!answer.ok) throw new TypeError(`the texts: ${answer.status}`);
  texts = await answer.json();
  tag = chosen;
  document.documentElement.lang = LANGUAGES[tag];
  label(document);
}

/** The language to begin with: the remembered one, else the browser's. */
export function firstTag() {
  return recall("language", null) ?? tagFor(navigator.languages ?? [navigator.language]);
}

export function rememberLanguage() {
  remember("language", tag);
}

/** A line of the interface; `{name}` stands for a value, numbers as the language writes them. */
export function say(key, values = {}) {
  const line = texts[key] ?? key;
  return line.replace(/\{(\w+)\}/g, (_, name) => shown(values[name]));
}

function shown(value) {
  return typeof value === "number" ? new Intl.NumberFormat(LANGUAGES[tag]).format(value) : String(value ?? "");
}

/** Write the texts that index.html names: data-text as content, data-label, data-placeholder as attributes. */
function label(root) {
  for (const node of root.querySelectorAll("[data-text]")) node.textContent = say(node.dataset.text);
  for (const node of root.querySelectorAll("[data-label]")) node.setAttribute("aria-label", say(node.dataset.label));
  for (const node of root.querySelectorAll("[data-placeholder]")) node.placeholder = say(node.dataset.placeholder);
  document.title = say("title");
}
