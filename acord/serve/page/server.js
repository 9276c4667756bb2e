/* Requests to the server that gave this page, and its errors. */

import { eventsOf } from "./events.js";
import { recall } from "./store.js";

/**
 * What went wrong. kind: "away" (out of reach), "key", "busy", "refused", or the model's state where it is not ready:
 * "loading", "dead", "closed", "unready". message: the server's own words with its fix, in English; empty where it said
 * nothing. wait: seconds, or null.
 */
export class ServerError extends Error {
  constructor(kind, message, wait = null) {
    super(message);
    this.kind = kind;
    this.wait = wait;
  }
}

const STATES = ["loading", "dead", "closed", "unready"];
const CODES = { engine_unavailable: "unready", shutting_down: "closed" };

/** Whether a failure says that the server is not well, and not that it refuses what was asked. */
export function isUnwell(kind) {
  return kind === "away" || STATES.includes(kind);
}

async function request(path, { body, signal, annotator } = {}) {
  const headers = {};
  const key = recall("tab.key", "");
  if (key) headers.Authorization = `Bearer ${key}`;
  if (annotator) headers["Acord-Annotator"] = annotator;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, {
      method: body === undefined ? "GET" : "POST",
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      cache: "no-store",
    });
  } catch (error) {
    throw outOf(error);
  }
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

async function refusal(answer) {
  const wait = Number.parseInt(answer.headers.get("Retry-After") ?? "", 10);
  let told = {};
  try {
    told = await answer.json();
  } catch {
    // A proxy in between answers in HTML: its status says enough.
  }
  const message = told.error?.message ?? told.why ?? "";
  return new ServerError(kindOf(answer.status, told), message, Number.isNaN(wait) ? null : wait);
}

function kindOf(status, told) {
  if (status === 401) return "key";
  if (status === 429) return "busy";
  if (status === 503) return STATES.includes(told.status) ? told.status : CODES[told.error?.code] ?? "refused";
  return told.error || status < 500 ? "refused" : "away";
}

/** A stop by the reader passes as it is, anything else is a server out of reach. */
function outOf(error) {
  return error.name === "AbortError" || error instanceof ServerError ? error : new ServerError("away", "");
}

async function* events(path, body, signal) {
  const answer = await request(path, { body, signal });
  try {
    for await (const event of eventsOf(answer)) {
      if (event.error) throw new ServerError(CODES[event.error.code] ?? "refused", event.error.message ?? "");
      yield event;
    }
  } catch (error) {
    throw outOf(error);
  }
}

async function json(path, options) {
  return (await request(path, options)).json();
}

/** What the server serves: see GET /acord/about. */
export function about() {
  return json("/acord/about");
}

/** Resolves where the model is ready. Raises ServerError with its state, or "away". */
export async function health() {
  await request("/health");
}

/** The reply as it comes: yields {text} and at last {finish}. settings: only those that the user changed. */
export async function* reply(messages, settings, signal) {
  const body = { messages, stream: true, ...settings };
  for await (const event of events("/v1/chat/completions", body, signal)) {
    const choice = event.choices?.[0];
    if (choice?.delta?.content) yield { text: choice.delta.content };
    if (choice?.finish_reason) yield { finish: choice.finish_reason };
  }
}

/** Two replies as they come: yields {side, delta}, {side, finish}, and {id} when both are whole. */
export function compare(body, signal) {
  return events("/acord/compare", body, signal);
}

/** Keep a preference: {id, models}, the two models in the order shown. */
export function prefer(id, choice, annotator) {
  return json("/acord/preferences", { body: annotator ? { id, choice, annotator } : { id, choice } });
}

export function joinSession(name) {
  return json("/acord/session/join", { body: { name, agreed: true } });
}

export function nextPrompt(annotator) {
  return json("/acord/session/next", { annotator });
}
