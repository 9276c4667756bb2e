/* The box in which one writes. Enter sends, Shift and Enter begin a line, Escape stops the reply. */

import { announce, byId } from "./dom.js";

/** actions: {send(text), stop(), busy(), obstacle()}. */
export function openComposer(actions) {
  const text = byId("message");
  const send = () => {
    const line = text.value;
    if (!line.trim() || actions.busy()) return;
    const why = actions.obstacle();
    if (why) {
      announce(why);
      byId("log").querySelector(".question [tabindex]")?.focus();
      return;
    }
    text.value = "";
    fit(text);
    text.focus();
    actions.send(line);
  };
  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  text.addEventListener("input", () => fit(text));
  byId("stop").addEventListener("click", () => {
    actions.stop();
    text.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && actions.busy() && !document.querySelector("dialog[open]")) actions.stop();
  });
}

/** Show either what sends or what stops. */
export function showBusy(busy) {
  const lost = document.activeElement === byId(busy ? "send" : "stop");
  byId("send").hidden = busy;
  byId("stop").hidden = !busy;
  if (lost) byId("message").focus();
}

function fit(text) {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight + 2}px`;
}
