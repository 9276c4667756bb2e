/* Turns as the reader sees them. Each is an article under the name of who speaks. */

import { announce, button, element } from "./dom.js";
import { errorNote } from "./errors.js";
import { pairNode } from "./pair.js";
import { show } from "./render.js";
import { say } from "./texts.js";

/**
 * A turn's article. place: {index, last, busy}. actions: {retry(), edit(index, text), choose(turn, choice)}.
 * The text of a reply stands in `.said`, where `show` makes it grow.
 */
export function turnNode(turn, place, actions) {
  const id = `turn-${place.index}`;
  const name = turn.role === "user" ? say("you") : turn.pair ? say("pair") : turn.model;
  const node = element("article", { class: `turn ${turn.role}`, "aria-labelledby": id }, element("h2", { id }, name));
  if (turn.role === "user") fillUser(node, turn, place, actions);
  else if (turn.pair) fillPair(node, turn, place, actions);
  else fillReply(node, turn, place, actions);
  return node;
}

function fillUser(node, turn, place, actions) {
  const said = element("div", { class: "said", dir: "auto" }, turn.content);
  const edit = button(say("edit"), () => {
    node.replaceChildren(node.firstChild, editor(turn, stop, (text) => actions.edit(place.index, text)));
    node.querySelector("textarea").focus();
  }, { class: "edit" });
  const tools = element("div", { class: "tools" }, edit);
  function stop() {
    node.replaceChildren(node.firstChild, said, tools);
    edit.focus();
  }
  node.append(said);
  if (!place.busy) node.append(tools);
}

function editor(turn, stop, send) {
  const rows = Math.min(12, turn.content.split("\n").length + 1);
  const text = element("textarea", { rows, dir: "auto", "aria-label": say("edit_label") });
  text.value = turn.content;
  const submit = () => { if (text.value.trim()) send(text.value); };
  text.addEventListener("keydown", (event) => {
    if (event.key === "Escape") stop();
    else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const buttons = [button(say("cancel"), stop), button(say("edit_send"), submit, { class: "main" })];
  return element(
    "div", { class: "editor" }, text, element("p", { class: "quiet" }, say("edit_note")),
    element("div", { class: "row" }, ...buttons),
  );
}

function fillReply(node, turn, place, actions) {
  const said = element("div", { class: "said markdown", dir: "auto" });
  show(said, turn.content);
  node.append(said);
  if (place.last && place.busy) {
    node.append(element("p", { class: "note writing" }, say("writing")));
    return;
  }
  node.append(...notesOf(turn));
  node.append(toolsOf(turn, place, actions));
}

function fillPair(node, turn, place, actions) {
  const busy = place.last && place.busy;
  node.append(pairNode(turn.pair, { busy, choose: (choice) => actions.choose(turn, choice) }));
  if (busy) node.append(element("p", { class: "note writing" }, say("writing")));
  else if (turn.failed) node.append(errorNote(turn.failed));
  else if (!turn.pair.id) node.append(element("p", { class: "note" }, say("ended_stopped")));
  if (!busy) node.append(toolsOf(turn, place, actions));
}

function notesOf(turn) {
  if (turn.failed) return [errorNote(turn.failed)];
  const cut = turn.ended === "stopped" || turn.ended === "length" ? turn.ended : null;
  if (cut || !turn.content.trim()) return [element("p", { class: "note" }, say(`ended_${cut ?? "empty"}`))];
  return turn.same ? [element("p", { class: "note" }, say("retry_same"))] : [];
}

function toolsOf(turn, place, actions) {
  const tools = element("div", { class: "tools" });
  if (turn.content && !turn.pair) tools.append(copyButton(() => turn.content));
  if (place.last && !place.busy) tools.append(button(say("retry"), actions.retry, { class: "retry" }));
  return tools;
}

function copyButton(text) {
  const node = button(say("copy"), async () => {
    const done = await copy(text());
    node.textContent = say(done ? "copied" : "copy_failed");
    announce(node.textContent);
    setTimeout(() => { node.textContent = say("copy"); }, 2000);
  }, { class: "copy" });
  return node;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Over plain HTTP from another machine there is no clipboard to write to, but the old way works.
    const holder = element("textarea", { class: "unseen", "aria-hidden": "true", tabindex: -1 });
    const focused = document.activeElement;
    holder.value = text;
    document.body.append(holder);
    holder.select();
    const done = document.execCommand("copy");
    holder.remove();
    focused?.focus();
    return done;
  }
}
