/* The page from its beginning: language, server, then a conversation or a session. */

import * as chat from "./chat.js";
import { byId } from "./dom.js";
import { openComposer, showBusy } from "./composer.js";
import { askForKey, hasKey } from "./key.js";
import { openExport } from "./save.js";
import * as server from "./server.js";
import { openSession, redrawSession } from "./session.js";
import { openSettings } from "./settings.js";
import { lookAfter, until } from "./state.js";
import { recall, remember } from "./store.js";
import { firstTag, languageTag, rememberLanguage, say, speak } from "./texts.js";

let about = null;

async function start() {
  await speak(firstTag());
  byId("language").value = languageTag();
  byId("language").addEventListener("change", changeLanguage);
  byId("app").hidden = false;
  about = await until(server.about);
  byId("model").textContent = about.model;
  if (about.session) startSession();
  else startChat();
  lookAfter();
  if (about.key_needed && !hasKey()) await askForKey(false);
}

function startChat() {
  openSettings(about, chat.forget);
  openExport(chat.conversation, about.model);
  const compared = byId("compare");
  byId("compare-choice").hidden = !about.feedback;
  compared.checked = recall("compare", false) && about.feedback;
  compared.addEventListener("change", () => remember("compare", compared.checked));
  openComposer({
    send: (text) => chat.send(text, compared.checked), stop: chat.stop, busy: chat.busy, obstacle: chat.obstacle,
  });
  byId("new").addEventListener("click", () => {
    chat.startAnew();
    byId("message").focus();
  });
  byId("previous").addEventListener("click", () => {
    chat.bringBack();
    byId("message").focus();
  });
  byId("composer").hidden = false;
  chat.openChat(about, showChat);
  byId("message").focus({ preventScroll: true });
}

function startSession() {
  byId("tools").hidden = true;
  byId("log").hidden = true;
  byId("skip").href = "#main";
  openSession(about);
}

function showChat({ busy, empty }) {
  showBusy(busy);
  byId("welcome").hidden = !empty;
  byId("export").disabled = empty;
  byId("new").disabled = empty;
  byId("previous").hidden = recall("previous", null) === null;
  byId("defaults").textContent = say("defaults", { model: about.model, ...about.defaults });
}

async function changeLanguage() {
  try {
    await speak(byId("language").value);
  } catch {
    byId("language").value = languageTag();
    return;
  }
  rememberLanguage();
  if (about?.session) redrawSession();
  else if (about && !chat.busy()) chat.drawAll();
}

start();
