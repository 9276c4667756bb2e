/* What went wrong, in words: the page's own in the reader's language, then what the server said and how to mend it. */

import { element } from "./dom.js";
import { isUnwell } from "./server.js";
import { say } from "./texts.js";

/** One line in the interface's language. failed: {kind, message, wait}. */
export function wordsFor(failed) {
  if (failed.kind === "busy" && failed.wait !== null) return say("error_busy_wait", { seconds: failed.wait });
  if (failed.kind !== "away" && isUnwell(failed.kind)) return say("error_unready");
  return say(`error_${failed.kind}`);
}

/** The same as a note, with the server's words below. */
export function errorNote(failed) {
  const note = element("div", { class: "note wrong" }, element("p", {}, wordsFor(failed)));
  if (failed.message) note.append(element("p", { lang: "en", class: "server" }, failed.message));
  return note;
}

/** A ServerError as a turn keeps it. Errors of the page itself are not the server's: they go on. */
export function failureOf(error) {
  if (!("kind" in error)) throw error;
  return { kind: error.kind, message: error.message, wait: error.wait };
}
