/* A conversation as a file of the user's. */

import { byId, element } from "./dom.js";
import { asJson, asMarkdown } from "./conversation.js";
import { settings } from "./settings.js";
import { say } from "./texts.js";

/** Make the export dialog work. turns(): the conversation. model: its name. */
export function openExport(turns, model) {
  const dialog = byId("export-dialog");
  byId("export").addEventListener("click", () => dialog.showModal());
  byId("export-close").addEventListener("click", () => dialog.close());
  byId("export-json").addEventListener("click", () => {
    download(asJson(turns(), settings(), model), "json", "application/json");
  });
  byId("export-markdown").addEventListener("click", () => {
    const names = { user: say("you"), system: say("system") };
    download(asMarkdown(turns(), settings(), names), "md", "text/markdown");
  });
}

function download(text, ending, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const day = new Date().toISOString().slice(0, 16).replaceAll(":", "-");
  element("a", { href: address, download: `acord-${day}.${ending}` }).click();
  // The browser reads the file after the click; letting go of it at once would leave an empty one.
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
