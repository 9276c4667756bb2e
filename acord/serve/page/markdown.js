/*
 * The block half of Markdown, read into a tree of a few known kinds; no node is touched here.
 *
 * Kinds: paragraph {spans}, heading {level, spans}, code {text, language}, quote {blocks},
 * list {ordered, start, items: [blocks]}, table {heads: [spans], rows: [[spans]]}, rule.
 */

import { inline } from "./inline.js";

const DEEPEST = 12;
const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^\s`]*)[^`]*$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^ {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+•]|\d{1,9}[.)])(\s+|$)/;
const DIVIDER = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;

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
  if (heading) return { block: { kind: "heading", level: heading[1].length, spans: inline(heading[2]) }, end: at + 1 };
  if (RULE.test(line)) return { block: { kind: "rule" }, end: at + 1 };
  if (depth < DEEPEST && QUOTE.test(line)) return quote(lines, at, depth);
  if (depth < DEEPEST && ITEM.test(line)) return list(lines, at, depth);
  if (isTable(lines, at)) return table(lines, at);
  return paragraph(lines, at);
}

function fenced(lines, at) {
  const [, fence, language] = FENCE.exec(lines[at]);
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
      // A blank line ends the item unless what follows it is indented.
      const next = lines.slice(end).find((later) => later.trim() !== "");
      if (next === undefined || (next.search(/\S/) < 2 && !ITEM.test(next))) break;
    } else if (indent < Math.min(content, marker[1].length + 2) && startsBlock(line)) {
      break;
    } else if (indent < 2 && lines[end - 1].trim() === "") {
      break;
    }
    inside.push(indent === -1 ? "" : line.slice(Math.min(indent, content)));
    end += 1;
  }
  return { lines: inside, end };
}

function startsBlock(line) {
  return [FENCE, HEADING, RULE, QUOTE, ITEM].some((pattern) => pattern.test(line));
}

function isTable(lines, at) {
  const divider = lines[at + 1];
  return lines[at].includes("|") && divider !== undefined && divider.includes("-") && DIVIDER.test(divider)
    && cells(lines[at]).length === cells(divider).length;
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
  return line.trim().replace(/^\|/, "").replace(/\|$/, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function paragraph(lines, at) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() !== "" && !startsBlock(lines[end]) && !isTable(lines, end)) end += 1;
  const text = lines.slice(at, end).map((line) => line.trim()).join("\n");
  return { block: { kind: "paragraph", spans: inline(text) }, end };
}
