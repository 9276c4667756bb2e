/* A preference session: a notice, a name, then prompt after prompt with two replies to choose from. */

import { announce, button, byId, element, keepingTheEndInSight } from "./dom.js";
import { errorNote, failureOf, wordsFor } from "./errors.js";
import { newPair } from "./conversation.js";
import { askForKey } from "./key.js";
import { fillFrom, growPair, pairNode } from "./pair.js";
import * as server from "./server.js";
import { recall, remember } from "./store.js";
import { say } from "./texts.js";

// What a session with pseudonyms is sent as a name: it keeps none, and gives a random one.
const NAMELESS = "-";

let about = null;
let annotator = null; // {annotator: token, shown}

/** Begin, or go on where this browser left off. */
export async function openSession(served) {
  about = served;
  byId("session").hidden = false;
  annotator = recall(placeName(), null);
  if (annotator) await nextStep();
  else notice();
}

/** The language changed: what stands there now is written again. */
export function redrawSession() {
  redraw();
}

let redraw = () => {};

function placeName() {
  return `session.${about.session.name}`;
}

function draw(...nodes) {
  byId("session").replaceChildren(...nodes);
}

/** Nothing is asked before the notice was read and agreed to. */
function notice(failed = null) {
  redraw = notice;
  const { name, purpose, retention, contact, annotators } = about.session;
  const facts = [["purpose", purpose], ["retention", retention], ["contact", contact]].flatMap(([key, value]) => [
    element("dt", {}, say(`session_${key}`)), element("dd", { dir: "auto" }, value),
  ]);
  const named = annotators === "named";
  const agree = element("input", { id: "session-agree", type: "checkbox", required: true });
  const submit = (event) => {
    event.preventDefault();
    join(named ? byId("session-who").value.trim() : NAMELESS);
  };
  const form = element(
    "form", { onsubmit: submit }, ...(named ? [nameField()] : []),
    element("label", { class: "check" }, agree, element("span", {}, say("session_agree"))),
    element("div", { class: "row" }, element("button", { type: "submit", class: "main" }, say("session_join"))),
  );
  draw(
    element("h2", {}, name), element("p", {}, say("session_how")), element("dl", {}, ...facts),
    element("p", {}, say(named ? "session_records" : "session_records_pseudonym")), form,
    ...(failed ? [errorNote(failed)] : []),
  );
}

function nameField() {
  const input = element("input", { id: "session-who", required: true, maxlength: 80, autocomplete: "name" });
  return element("div", { class: "field" }, element("label", { for: "session-who" }, say("session_name")), input);
}

async function join(name) {
  if (!name) return;
  try {
    annotator = await server.joinSession(name);
  } catch (error) {
    const failed = failureOf(error);
    if (failed.kind === "key" && (await askForKey(true))) return void (await join(name));
    notice(failed);
    announce(`${wordsFor(failed)} ${failed.message}`);
    return;
  }
  remember(placeName(), { annotator: annotator.annotator, shown: annotator.shown });
  await nextStep();
}

async function nextStep() {
  let step;
  try {
    step = await server.nextPrompt(annotator.annotator);
  } catch (error) {
    return trouble(failureOf(error), nextStep);
  }
  return step.prompt ? ask(step) : thanks(step.progress);
}

async function ask(step) {
  const pair = newPair();
  let busy = true;
  const body = { messages: step.prompt.messages, annotator: annotator.annotator, prompt_id: step.prompt.id };
  const paint = () => draw(
    progress(step.progress), ...step.prompt.messages.map(messageNode),
    pairNode(pair, { busy, session: true, choose: (choice) => choose(pair, choice, step) }),
    ...(busy ? [element("p", { class: "note writing" }, say("writing"))] : []), withdrawal());
  redraw = paint;
  paint();
  try {
    await fillFrom(server.compare(body), pair, () => keepingTheEndInSight(() => growPair(byId("session"), pair)));
  } catch (error) {
    return trouble(failureOf(error), () => ask(step));
  }
  busy = false;
  paint();
  announce(say("pair_done"));
}

async function choose(pair, choice, step) {
  try {
    await server.prefer(pair.id, choice, annotator.annotator);
  } catch (error) {
    const failed = failureOf(error);
    // What was chosen is not lost to a busy server: the same question can be answered again.
    byId("session").querySelector(".note.wrong")?.remove();
    byId("session").querySelector(".question").append(errorNote(failed));
    announce(`${wordsFor(failed)} ${failed.message}`);
    return;
  }
  announce(say("session_kept", { done: step.progress.done + 1, of: step.progress.of }));
  await nextStep();
  document.scrollingElement.scrollTop = 0;
  byId("main").focus();
}

function progress({ done, of }) {
  const label = say("session_progress", { done, of });
  return element(
    "div", { class: "progress" }, element("h2", {}, about.session.name), element("p", { id: "session-done" }, label),
    element("progress", { max: of, value: done, "aria-labelledby": "session-done" }),
  );
}

function messageNode({ role, content }) {
  const name = say(role === "system" ? "system" : role === "user" ? "session_prompt" : "session_reply");
  const said = element("div", { class: "said", dir: "auto" }, content);
  return element("article", { class: `turn ${role}` }, element("h3", {}, name), said);
}

function thanks(done) {
  redraw = () => thanks(done);
  draw(progress(done), element("p", { class: "thanks" }, say("session_thanks")), withdrawal());
  announce(say("session_thanks"));
}

/** How to take one's answers back, by the name under which they are kept, and how to leave this browser. */
function withdrawal() {
  const line = say("session_withdraw", { id: annotator.shown, contact: about.session.contact });
  return element("div", { class: "withdraw" }, element("p", { class: "quiet" }, line), leaveButton());
}

function leaveButton() {
  return button(say("session_leave"), () => {
    remember(placeName(), null);
    annotator = null;
    notice();
    byId("main").focus();
  });
}

async function trouble(failed, again) {
  if (failed.kind === "key" && (await askForKey(true))) return void (await again());
  redraw = () => {};
  const buttons = [button(say("retry"), again, { class: "main" })];
  // It may be the token that was refused, of a session that was begun anew: then the notice is where to go.
  if (failed.kind === "refused") buttons.push(leaveButton());
  draw(element("h2", {}, about.session.name), errorNote(failed), element("div", { class: "row" }, ...buttons));
  announce(`${wordsFor(failed)} ${failed.message}`);
}
