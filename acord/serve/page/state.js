/* The line that says how the server is, when it is not well. It looks again by itself, and when asked. */

import { announce, byId } from "./dom.js";
import { health, isUnwell } from "./server.js";
import { say } from "./texts.js";

const LOADING_EVERY = 2000;
const AWAY_EVERY = 5000;

let looking = null;

/** Watch the server until it is ready; the line goes away by itself. Several calls watch once. */
export function lookAfter() {
  looking ??= watch().finally(() => { looking = null; });
  return looking;
}

/** The same for anything that must succeed before the page can go on: resolves to what `attempt` gives. */
export async function until(attempt) {
  for (;;) {
    try {
      const found = await attempt();
      hide();
      return found;
    } catch (error) {
      if (!("kind" in error)) throw error;
      tell(error);
      await pause(error.kind === "away" ? AWAY_EVERY : LOADING_EVERY);
    }
  }
}

async function watch() {
  const wasDown = await until(async () => {
    await health();
    return !byId("state").hidden;
  });
  if (wasDown) announce(say("state_ready"));
}

function tell(error) {
  const line = say(isUnwell(error.kind) && error.kind !== "away" ? `state_${error.kind}` : "error_away");
  const words = error.message ? `${line} (${error.message})` : line;
  const place = byId("state-words");
  // The same words again would be read out at every look.
  if (place.textContent !== words) place.textContent = words;
  byId("state").hidden = false;
}

function hide() {
  byId("state").hidden = true;
  byId("state-words").textContent = "";
}

function pause(milliseconds) {
  return new Promise((resolve) => {
    const again = byId("state-retry");
    const end = () => {
      clearTimeout(timer);
      again.removeEventListener("click", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    again.addEventListener("click", end);
  });
}
