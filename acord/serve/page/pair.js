/* Two replies side by side, without a name until the reader has chosen. */

import { button, element } from "./dom.js";
import { show } from "./render.js";
import { say } from "./texts.js";

let count = 0;

/** Both replies and the question. how: {busy, choose(choice), session: true where names are never told}. */
export function pairNode(pair, how) {
  const sides = element("div", { class: "sides" }, sideNode(pair, 0), sideNode(pair, 1));
  const node = element("div", { class: "pair" }, sides);
  if (!how.busy && pair.id && pair.choice === null) node.append(question(how));
  if (pair.kept) node.append(element("p", { class: "note" }, say("pair_kept", { id: pair.kept })));
  return node;
}

function sideNode(pair, side) {
  count += 1;
  const id = `side-${count}`;
  const preferred = pair.choice === String(side + 1);
  const title = element("h3", { id }, nameOf(pair, side));
  if (preferred) title.append(" ", element("span", { class: "preferred" }, say("pair_preferred")));
  const said = element("div", { class: "said markdown", dir: "auto" });
  show(said, pair.replies[side]);
  const node = element("section", { class: preferred ? "side chosen" : "side", "aria-labelledby": id }, title, said);
  if (pair.id && pair.ended[side] === "length") node.append(element("p", { class: "note" }, say("pair_cut")));
  if (pair.id && !pair.replies[side].trim()) node.append(element("p", { class: "note" }, say("ended_empty")));
  return node;
}

function nameOf(pair, side) {
  if (!pair.models) return say("pair_side", { side: side + 1 });
  return say("pair_named", { side: side + 1, model: pair.models[side] });
}

function question({ choose, session }) {
  count += 1;
  const id = `question-${count}`;
  const choices = session ? ["1", "tie", "2"] : ["1", "tie", "2", "none"];
  const answers = choices.map((choice) => {
    const looks = { class: choice === "none" ? "none" : "answer", "data-choice": choice };
    return button(say(`prefer_${choice}`), () => choose(choice), looks);
  });
  return element(
    "div", { class: "question", role: "group", "aria-labelledby": id },
    element("p", { id, tabindex: -1 }, say("pair_question")),
    element("div", { class: "row" }, ...answers),
    element("p", { class: "quiet" }, say(session ? "pair_note_session" : "pair_note")),
  );
}

/**
 * Let two replies come. body: of POST /acord/compare. changed(): told of every piece.
 * The pair has its id when both are whole. Raises ServerError, and AbortError where the reader stopped it.
 */
export async function fillFrom(events, pair, changed) {
  for await (const event of events) {
    if (event.delta) pair.replies[event.side - 1] += event.delta;
    if (event.finish) pair.ended[event.side - 1] = event.finish;
    if (event.id) pair.id = event.id;
    changed();
  }
}

/** Write what has come so far into the nodes of `pairNode`. */
export function growPair(node, pair) {
  node.querySelectorAll(".side .said").forEach((said, side) => show(said, pair.replies[side]));
}
