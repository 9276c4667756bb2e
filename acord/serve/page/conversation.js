/* A conversation: its turns, what of them a model is asked, and how they leave the page. No nodes here. */

/*
 * A turn is {role: "user", content} or {role: "assistant", content, model, ended, failed, pair}.
 * ended: "stop", "length" or "stopped" (by the reader, or not finished when the page closed).
 * failed: {kind, message, wait} of a ServerError, or null. pair: see `newPair`, or null.
 * same: asked again, the model said the same.
 */

export function userTurn(content) {
  return { role: "user", content };
}

/** A reply of which nothing has been said: what is kept if the page closes now is a stopped one. */
export function replyTurn(model, compared) {
  return { role: "assistant", content: "", model, ended: "stopped", failed: null, pair: compared ? newPair() : null };
}

/** Two replies. id: of the comparison, once both are whole. choice: "1", "2", "tie", "none" or null. */
export function newPair() {
  return { id: null, replies: ["", ""], ended: ["stopped", "stopped"], choice: null, models: null, kept: null };
}

/** A pair that waits for the reader's word. */
export function undecided(turn) {
  return Boolean(turn?.pair && turn.pair.id && turn.pair.choice === null);
}

/**
 * The messages to send: a system prompt where there is one, and turns that alternate. A reply without a word is left
 * out, and the user turns around it become one, since templates refuse two of one role in a row.
 */
export function messagesOf(turns, system) {
  const messages = system.trim() ? [{ role: "system", content: system }] : [];
  for (const { role, content } of turns) {
    const last = messages.at(-1);
    if (content.trim() === "") continue;
    if (last?.role === role) last.content += `\n\n${content}`;
    else messages.push({ role, content });
  }
  return messages;
}

/** The conversation as JSON that other tools read: `messages` in OpenAI's shape, and how they came about. */
export function asJson(turns, settings, model) {
  const { system, ...sampling } = settings;
  const content = { messages: messagesOf(turns, system), model, sampling, exported: new Date().toISOString() };
  return JSON.stringify(content, null, 2) + "\n";
}

/** The conversation as Markdown, each turn under the name of who said it. names: {user, system}. */
export function asMarkdown(turns, settings, names) {
  const parts = settings.system.trim() ? [`## ${names.system}\n\n${settings.system}`] : [];
  for (const turn of turns) {
    if (turn.content.trim()) parts.push(`## ${turn.role === "user" ? names.user : turn.model}\n\n${turn.content}`);
  }
  return parts.join("\n\n") + "\n";
}
