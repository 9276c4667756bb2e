/* The API key, where the server wants one: kept until the tab closes, sent to this server only. */

import { byId } from "./dom.js";
import { recall, remember } from "./store.js";
import { say } from "./texts.js";

export function hasKey() {
  return recall("tab.key", "") !== "";
}

/** Ask for the key. wrong: the one in use was refused. Resolves to whether one was given. */
export function askForKey(wrong) {
  const dialog = byId("key-dialog");
  const form = byId("key-form");
  const input = byId("key");
  byId("key-wrong").textContent = wrong && hasKey() ? say("key_wrong") : "";
  input.value = "";
  dialog.showModal();
  input.focus();
  return new Promise((resolve) => {
    const done = new AbortController();
    const end = (given) => {
      done.abort();
      if (given) remember("tab.key", input.value.trim());
      input.value = "";
      dialog.close();
      resolve(given);
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      // Keys are plain ASCII, and a header can hold nothing else.
      if (/^[!-~]+$/.test(input.value.trim())) end(true);
      else byId("key-wrong").textContent = say("key_wrong");
    }, { signal: done.signal });
    byId("key-cancel").addEventListener("click", () => end(false), { signal: done.signal });
    dialog.addEventListener("cancel", () => end(false), { signal: done.signal });
  });
}
