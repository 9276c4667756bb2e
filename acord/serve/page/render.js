/* A Markdown tree as nodes. Only the elements named here can come of it, whatever a model writes. */

import { element } from "./dom.js";
import { markdown } from "./markdown.js";
import { say } from "./texts.js";

// A reply stands under the page's title and its speaker's name.
const FIRST_LEVEL = 3;

/** Show a text, whole or still growing, in a place: blocks that have not changed keep their nodes, and a selection. */
export function show(place, text) {
  const before = shownIn.get(place) ?? [];
  const blocks = markdown(text);
  const now = blocks.map((block) => JSON.stringify(block));
  let same = 0;
  while (same < now.length && now[same] === before[same]) same += 1;
  while (place.childNodes.length > same) place.lastChild.remove();
  place.append(...blocks.slice(same).map(nodeOf));
  shownIn.set(place, now);
}

const shownIn = new WeakMap();

function nodeOf(block) {
  switch (block.kind) {
    case "heading": return element(`h${Math.min(6, block.level + FIRST_LEVEL - 1)}`, {}, ...spansOf(block.spans));
    case "code": return codeOf(block);
    case "quote": return element("blockquote", {}, ...block.blocks.map(nodeOf));
    case "list": return listOf(block);
    case "table": return tableOf(block);
    case "rule": return element("hr");
    default: return element("p", {}, ...spansOf(block.spans));
  }
}

function codeOf({ text, language }) {
  // Long lines scroll inside the block, and what scrolls must be reachable by keyboard.
  const label = language ? say("code_in", { language }) : say("code");
  return element("pre", { tabindex: 0, role: "region", "aria-label": label }, element("code", {}, text));
}

function listOf({ ordered, start, items }) {
  const lines = items.map((blocks) => {
    const tight = blocks.length > 0 && blocks[0].kind === "paragraph";
    const first = tight ? spansOf(blocks[0].spans) : [];
    return element("li", {}, ...first, ...blocks.slice(tight ? 1 : 0).map(nodeOf));
  });
  return ordered ? element("ol", { start: start === 1 ? null : start }, ...lines) : element("ul", {}, ...lines);
}

function tableOf({ heads, rows }) {
  const head = element("tr", {}, ...heads.map((cell) => element("th", { scope: "col" }, ...spansOf(cell))));
  const body = rows.map((row) => element("tr", {}, ...row.map((cell) => element("td", {}, ...spansOf(cell)))));
  const whole = element("table", {}, element("thead", {}, head), element("tbody", {}, ...body));
  return element("div", { class: "wide", tabindex: 0, role: "region", "aria-label": say("table") }, whole);
}

function spansOf(spans) {
  return spans.map((span) => {
    if (typeof span === "string") return span;
    if (span.kind === "break") return element("br");
    if (span.kind === "code") return element("code", {}, span.text);
    if (span.kind === "link") return linkOf(span);
    return element(span.kind, {}, ...spansOf(span.spans));
  });
}

function linkOf({ address, image, spans }) {
  const shown = image ? [say("image", { what: spans[0] })] : spansOf(spans);
  return element("a", { href: address, rel: "noopener noreferrer", target: "_blank", title: address }, ...shown);
}
