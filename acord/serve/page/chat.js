/* The conversation in progress: asking, stopping, retrying, editing, comparing, and keeping it over a reload. */

import { announce, byId, keepingTheEndInSight } from "./dom.js";
import { failureOf, wordsFor } from "./errors.js";
import { messagesOf, replyTurn, undecided, userTurn } from "./conversation.js";
import { askForKey } from "./key.js";
import { fillFrom, growPair } from "./pair.js";
import { show } from "./render.js";
import * as server from "./server.js";
import { changedSettings, settings } from "./settings.js";
import { recall, remember } from "./store.js";
import { lookAfter } from "./state.js";
import { say } from "./texts.js";
import { turnNode } from "./turns.js";

// A reply is drawn this often while it grows, in ms: faster than reading, slower than the tokens.
const DRAW_EVERY = 60;

let turns = [];
let stopper = null;
let told = () => {};
let about = null;
let leaving = false;

/** Begin with what was kept. changed({busy, empty}): told when the composer or the welcome must change. */
export function openChat(served, changed) {
  about = served;
  told = changed;
  turns = recall("conversation", []);
  drawAll();
  // Drawn late, the end would be out of sight.
  document.scrollingElement.scrollTop = document.scrollingElement.scrollHeight;
  window.addEventListener("pagehide", () => {
    keep();
    leaving = true;
  });
  window.addEventListener("pageshow", () => { leaving = false; });
}

export function conversation() {
  return turns;
}

export function busy() {
  return stopper !== null;
}

/** Why a message cannot be sent now, as a line for the reader; empty where it can. */
export function obstacle() {
  return undecided(turns.at(-1)) ? say("pair_first") : "";
}

export async function send(text, compared) {
  if (busy() || obstacle()) return;
  turns.push(userTurn(text), replyTurn(about.model, compared));
  await run();
}

export function stop() {
  stopper?.abort();
}

export async function retry() {
  if (busy()) return;
  const last = turns.pop();
  turns.push(replyTurn(about.model, Boolean(last.pair)));
  await run((settings().temperature ?? about.defaults.temperature) === 0 ? last.content : null);
}

/** Ask again from a user turn that was changed; what came after it goes. */
export async function edit(index, text) {
  if (busy()) return;
  const compared = Boolean(turns[index + 1]?.pair);
  turns.splice(index, turns.length, userTurn(text), replyTurn(about.model, compared));
  await run();
  byId("message").focus();
}

/** Leave the conversation; `bringBack` undoes it. */
export function startAnew() {
  stop();
  stopper = null; // What is stopped here ends in a conversation that nobody sees any more.
  if (turns.length > 0) remember("previous", turns);
  turns = [];
  keep();
  drawAll();
  announce(say("new_done"));
}

export function bringBack() {
  turns = recall("previous", []);
  remember("previous", null);
  keep();
  drawAll();
}

/** Drop the conversation for good: the page that is about to go must not write it down again. */
export function forget() {
  stop();
  turns = [];
}

export function drawAll() {
  byId("log").replaceChildren(...turns.map(nodeAt));
  told({ busy: busy(), empty: turns.length === 0 });
}

function nodeAt(turn, index) {
  const place = { index, last: index === turns.length - 1, busy: busy() };
  return turnNode(turn, place, { retry, edit, choose });
}

function keep() {
  // A page that is left has its requests cut: that is no failure of the server's to be remembered.
  if (!leaving) remember("conversation", turns.length > 0 ? turns : null);
}

/** Ask for the last turn, and show it as it comes. before: what stood there, where the same is likely to come again. */
async function run(before = null) {
  const mine = new AbortController();
  const turn = turns.at(-1);
  stopper = mine;
  keep();
  drawAll();
  document.scrollingElement.scrollTop = document.scrollingElement.scrollHeight;
  const draw = drawing(turn);
  try {
    const messages = messagesOf(turns.slice(0, -1), settings().system);
    const asked = changedSettings();
    if (turn.pair) await compareInto(turn, { messages, ...asked }, mine.signal, draw);
    else await replyInto(turn, messages, asked, mine.signal, draw);
  } catch (error) {
    if (error.name !== "AbortError") turn.failed = failureOf(error);
  } finally {
    draw.end();
    if (stopper === mine) stopper = null;
  }
  if (turns.at(-1) !== turn) return;
  turn.same = before !== null && turn.ended === "stop" && turn.content === before;
  keep();
  keepingTheEndInSight(drawAll);
  await afterwards(turn);
}

async function replyInto(turn, messages, asked, signal, draw) {
  for await (const piece of server.reply(messages, asked, signal)) {
    if (piece.text) turn.content += piece.text;
    if (piece.finish) turn.ended = piece.finish;
    draw();
  }
}

async function compareInto(turn, body, signal, draw) {
  await fillFrom(server.compare(body, signal), turn.pair, draw);
  turn.content = turn.pair.replies[0];
  turn.ended = turn.pair.ended[0];
}

/** A function that draws the last turn, not more often than need be. */
function drawing(turn) {
  let timer = null;
  const now = () => {
    timer = null;
    const node = byId("log").lastElementChild;
    if (!node || turns.at(-1) !== turn) return;
    keepingTheEndInSight(() => {
      if (turn.pair) growPair(node, turn.pair);
      else show(node.querySelector(".said"), turn.content);
    });
  };
  const draw = () => { timer ??= setTimeout(now, DRAW_EVERY); };
  draw.end = () => clearTimeout(timer);
  return draw;
}

async function afterwards(turn) {
  if (!turn.failed) {
    if (turn.pair) announce(say(turn.pair.id ? "pair_done" : "ended_stopped"));
    else announce(`${turn.model}: ${turn.content || say("ended_empty")}${turn.same ? ` (${say("retry_same")})` : ""}`);
    return;
  }
  announce(`${wordsFor(turn.failed)} ${turn.failed.message}`);
  if (server.isUnwell(turn.failed.kind)) lookAfter();
  if (turn.failed.kind === "key" && (await askForKey(true))) {
    turns.pop();
    turns.push(replyTurn(about.model, Boolean(turn.pair)));
    await run();
  }
}

/** The reader's word on the last pair. The conversation goes on with the reply that was preferred. */
async function choose(turn, choice) {
  const { pair } = turn;
  turn.failed = null;
  if (choice !== "none") {
    try {
      const answer = await server.prefer(pair.id, choice);
      pair.models = answer.models;
      pair.kept = answer.id;
    } catch (error) {
      turn.failed = failureOf(error);
      drawAll();
      announce(`${wordsFor(turn.failed)} ${turn.failed.message}`);
      return;
    }
  }
  pair.choice = choice;
  const side = choice === "2" ? 1 : 0;
  turn.content = pair.replies[side];
  turn.ended = pair.ended[side];
  turn.model = pair.models?.[side] ?? turn.model;
  keep();
  keepingTheEndInSight(drawAll);
  announce(pair.models ? say("pair_told", { first: pair.models[0], second: pair.models[1] }) : say("pair_skipped"));
  byId("message").focus();
}
