/*
 * The block half of Markdown, read into a tree of a few known kinds; no node is touched here.
 *
 * Kinds: paragraph {spans}, heading {level, spans}, code {text, language}, quote {blocks},
 * list {ordered, start, items: [blocks]}, table {heads: [spans], rows: [[spans]]}, rule.
 */

import { inline } from "./inline.js";

const DEEPEST = 12;
// No two parts of a pattern may match the same spaces: a long row of them would take forever.
const FENCE = /^ {0,3}(`{3,}|~{3,})([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})\s(.*)$/;
const RULE = /^ {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+•]|\d{1,9}[.)])(\s+|$)/;
const DASHES = /^:?-+:?$/;

/** Blocks of a Markdown text. Half a text is read as far as it goes: an open code block reaches to its end. */
export function markdown(text) {
  return blocksOf(text.replace(/\r\n?/g, "\n").replaceAll("\t", "    ").split("\n"), 0);
}

function blocksOf(lines, depth) {
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    if (lines[at].trim() === "") {
      at += 1;
      continue;
    }
    const { block, end } = blockAt(lines, at, depth);
    blocks.push(block);
    at = end;
  }
  return blocks;
}

function blockAt(lines, at, depth) {
  const line = lines[at];
  if (FENCE.test(line)) return fenced(lines, at);
  const heading = HEADING.exec(line);
  if (heading) return { block: headingOf(heading), end: at + 1 };
  if (RULE.test(line)) return { block: { kind: "rule" }, end: at + 1 };
  if (depth < DEEPEST && QUOTE.test(line)) return quote(lines, at, depth);
  if (depth < DEEPEST && ITEM.test(line)) return list(lines, at, depth);
  if (isTable(lines, at)) return table(lines, at);
  return paragraph(lines, at);
}

/** The marks that may close a heading are not part of it. */
function headingOf([, marks, rest]) {
  let text = rest.trim();
  const closing = text.lastIndexOf(" ");
  if (/^#+$/.test(text.slice(closing + 1))) text = closing === -1 ? "" : text.slice(0, closing).trimEnd();
  return { kind: "heading", level: marks.length, spans: inline(text) };
}

function fenced(lines, at) {
  const [, fence, words] = FENCE.exec(lines[at]);
  const language = words.trim().split(/\s/)[0];
  const close = new RegExp(`^ {0,3}${fence[0]}{${fence.length},}\\s*$`);
  let end = at + 1;
  while (end < lines.length && !close.test(lines[end])) end += 1;
  return { block: { kind: "code", text: lines.slice(at + 1, end).join("\n"), language }, end: end + 1 };
}

function quote(lines, at, depth) {
  let end = at;
  while (end < lines.length && QUOTE.test(lines[end])) end += 1;
  const inside = lines.slice(at, end).map((line) => line.replace(QUOTE, ""));
  return { block: { kind: "quote", blocks: blocksOf(inside, depth + 1) }, end };
}

/** Items of one list: same kind of marker; what is indented under a marker belongs to its item. */
function list(lines, at, depth) {
  const first = ITEM.exec(lines[at])[2];
  const ordered = /\d/.test(first);
  const items = [];
  let end = at;
  while (end < lines.length) {
    const marker = ITEM.exec(lines[end]);
    if (!marker || /\d/.test(marker[2]) !== ordered || RULE.test(lines[end])) break;
    const item = itemAt(lines, end, marker);
    items.push(blocksOf(item.lines, depth + 1));
    end = item.end;
  }
  return { block: { kind: "list", ordered, start: ordered ? Number.parseInt(first, 10) : 1, items }, end };
}

function itemAt(lines, at, marker) {
  const content = marker[0].length;
  const inside = [lines[at].slice(content)];
  let end = at + 1;
  while (end < lines.length) {
    const line = lines[end];
    const indent = line.search(/\S/);
    if (indent === -1) {
      // Blank lines end the item unless what follows them is indented, or is the next item.
      let next = end;
      while (next < lines.length && lines[next].trim() === "") next += 1;
      if (next === lines.length || (lines[next].search(/\S/) < 2 && !ITEM.test(lines[next]))) break;
      inside.push("");
      end = next;
      continue;
    }
    if (indent < Math.min(content, marker[1].length + 2) && startsBlock(line)) break;
    if (indent < 2 && lines[end - 1].trim() === "") break;
    inside.push(line.slice(Math.min(indent, content)));
    end += 1;
  }
  return { lines: inside, end };
}

function startsBlock(line) {
  return [FENCE, HEADING, RULE, QUOTE, ITEM].some((pattern) => pattern.test(line));
}

function isTable(lines, at) {
  const divider = lines[at + 1];
  if (!lines[at].includes("|") || !divider?.includes("-")) return false;
  const dashes = cells(divider);
  return dashes.every((cell) => DASHES.test(cell)) && cells(lines[at]).length === dashes.length;
}

function table(lines, at) {
  const heads = cells(lines[at]);
  let end = at + 2;
  const rows = [];
  while (end < lines.length && lines[end].trim() !== "" && lines[end].includes("|")) {
    const row = cells(lines[end]).slice(0, heads.length);
    while (row.length < heads.length) row.push("");
    rows.push(row.map((cell) => inline(cell)));
    end += 1;
  }
  return { block: { kind: "table", heads: heads.map((cell) => inline(cell)), rows }, end };
}

function cells(line) {
  const inside = line.trim().replace(/^\|/, "").replace(/\|$/, "");
  return inside.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function paragraph(lines, at) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() !== "" && !startsBlock(lines[end]) && !isTable(lines, end)) end += 1;
  const text = lines.slice(at, end).map((line) => line.trim()).join("\n");
  return { block: { kind: "paragraph", spans: inline(text) }, end };
}
