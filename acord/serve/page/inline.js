/*
 * The inline half of Markdown, read into a tree of a few known kinds. What is none of them stays text, HTML included.
 *
 * A span is a string, or {kind: "code" | "strong" | "em" | "del" | "link" | "break", ...}.
 */

const DEEPEST = 12;
const ESCAPED = /[!-/:-@[-`{-~]/;
// (address "title"), where the address may hold pairs of parentheses, one in another not.
const TARGET = new RegExp(
  "\\(\\s*<?([^\\s<>()]{0,2000}(?:\\([^\\s<>()]{0,2000}\\)[^\\s<>()]{0,2000}){0,20})>?"
    + "(?:\\s+(?:\"[^\"\\n]{0,300}\"|'[^'\\n]{0,300}'))?\\s*\\)",
  "y",
);
const BARE = /https?:\/\/[^\s<>"'`|*[\]]{1,2000}/y;
const ANGLED = /<((?:https?:\/\/|mailto:)[^\s<>]+)>/y;
const WORD = /[\p{L}\p{N}]/u;
const MARKERS = [["**", "strong"], ["__", "strong"], ["~~", "del"], ["*", "em"], ["_", "em"]];

/** The address as it may be followed, or null: http, https and mailto only, and never relative to this page. */
export function safeAddress(address) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
}

/** Spans of a text. */
export function inline(text, depth = 0) {
  const spans = [];
  const reading = { text, depth, brackets: bracketsOf(text), missing: new Set() };
  let plain = "";
  let at = 0;
  while (at < text.length) {
    const found = spanAt(reading, at);
    if (found === null) {
      plain += text[at];
      at += 1;
    } else if (typeof found.span === "string") {
      plain += found.span;
      at = found.end;
    } else {
      if (plain) spans.push(plain);
      plain = "";
      spans.push(found.span);
      at = found.end;
    }
  }
  if (plain) spans.push(plain);
  return spans;
}

function spanAt(reading, at) {
  switch (reading.text[at]) {
    case "\\": return escape(reading, at);
    case "\n": return { span: { kind: "break" }, end: at + 1 };
    case "`": return code(reading, at);
    case "!": return reading.text[at + 1] === "[" ? link(reading, at + 1, true) : null;
    case "[": return link(reading, at, false);
    case "<": return angled(reading, at);
    case "h": return bare(reading, at);
    case "*": case "_": case "~": return emphasis(reading, at);
    default: return null;
  }
}

function escape({ text }, at) {
  const next = text[at + 1];
  return next !== undefined && ESCAPED.test(next) ? { span: next, end: at + 2 } : null;
}

function code(reading, at) {
  const { text, missing } = reading;
  let ticks = 1;
  while (text[at + ticks] === "`") ticks += 1;
  const fence = "`".repeat(ticks);
  let close = missing.has(fence) ? -1 : text.indexOf(fence, at + ticks);
  while (close !== -1 && text[close + ticks] === "`") {
    let past = close + ticks;
    while (text[past] === "`") past += 1;
    close = text.indexOf(fence, past);
  }
  if (close === -1) {
    missing.add(fence);
    return { span: fence, end: at + ticks };
  }
  const inside = text.slice(at + ticks, close).replaceAll("\n", " ");
  const padded = inside.startsWith(" ") && inside.endsWith(" ") && inside.trim() !== "";
  return { span: { kind: "code", text: padded ? inside.slice(1, -1) : inside }, end: close + ticks };
}

/** Where each opening bracket closes; one pass, so that a thousand open brackets cost no more than a thousand. */
function bracketsOf(text) {
  const closing = new Map();
  const open = [];
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === "[") open.push(at);
    else if (text[at] === "]" && open.length > 0) closing.set(open.pop(), at);
  }
  return closing;
}

function link({ text, depth, brackets }, at, image) {
  const close = brackets.get(at);
  if (close === undefined || text[close + 1] !== "(") return null;
  TARGET.lastIndex = close + 1;
  const target = TARGET.exec(text);
  const address = target && safeAddress(target[1]);
  if (!address) return null;
  const label = text.slice(at + 1, close);
  // An image is never loaded: it would tell its server who reads, and what a model writes could choose the server.
  const spans = image ? [label || address] : depth < DEEPEST ? withoutLinks(inline(label, depth + 1)) : [label];
  return { span: { kind: "link", address, image, spans }, end: TARGET.lastIndex };
}

function withoutLinks(spans) {
  return spans.flatMap((span) => (span.kind === "link" ? span.spans : [span]));
}

function angled({ text }, at) {
  ANGLED.lastIndex = at;
  const found = ANGLED.exec(text);
  const address = found && safeAddress(found[1]);
  return address ? { span: linked(address, found[1]), end: ANGLED.lastIndex } : null;
}

function bare({ text }, at) {
  if (at > 0 && WORD.test(text[at - 1])) return null;
  BARE.lastIndex = at;
  const found = BARE.exec(text);
  if (!found) return null;
  let shown = found[0];
  while (".,;:!?…".includes(shown.at(-1))) shown = shown.slice(0, -1);
  if (shown.endsWith(")") && !shown.includes("(")) shown = shown.slice(0, -1);
  const address = safeAddress(shown);
  return address ? { span: linked(address, shown), end: at + shown.length } : null;
}

function linked(address, shown) {
  return { kind: "link", address, image: false, spans: [shown] };
}

function emphasis(reading, at) {
  const { text, depth, missing } = reading;
  for (const [marker, kind] of MARKERS) {
    if (!text.startsWith(marker, at) || missing.has(marker) || depth >= DEEPEST) continue;
    if (!opens(text, at, marker)) continue;
    const close = closing(text, at, marker);
    if (close === -1) missing.add(marker);
    else {
      const inside = inline(text.slice(at + marker.length, close), depth + 1);
      return { span: { kind, spans: inside }, end: close + marker.length };
    }
  }
  return null;
}

/** `2 * 3` is no emphasis, and neither is snake_case. */
function opens(text, at, marker) {
  const after = text[at + marker.length];
  if (after === undefined || /\s/.test(after)) return false;
  return marker[0] !== "_" || at === 0 || !WORD.test(text[at - 1]);
}

function closing(text, at, marker) {
  let close = at;
  for (;;) {
    close = text.indexOf(marker, close + 1);
    if (close === -1) return -1;
    if (close < at + marker.length + 1 || /[\s\\]/.test(text[close - 1])) continue;
    if (marker.length === 1 && (text[close + 1] === marker || text[close - 1] === marker)) {
      // Half of a double marker belongs to the strong text inside, unless three end both.
      if (!(text[close - 1] === marker && text[close - 2] === marker)) continue;
    }
    if (marker === "**" && text[close + 2] === "*" && text[close - 1] !== "*") close += 1;
    if (marker[0] === "_" && WORD.test(text[close + marker.length] ?? "")) continue;
    return close;
  }
}
