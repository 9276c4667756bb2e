/* What the browser remembers. Where it refuses (private windows, full disk), the page works and forgets. */

const PREFIX = "acord.";
const memory = new Map();

function storage(kind) {
  try {
    return window[kind];
  } catch {
    return null; // Reading the property itself raises where storage is blocked.
  }
}

/** Names that begin with this are kept until the tab closes, not longer. */
const ONLY_THIS_TAB = "tab.";

function placeOf(name) {
  return storage(name.startsWith(ONLY_THIS_TAB) ? "sessionStorage" : "localStorage");
}

/** What was remembered under a name, or `otherwise`. */
export function recall(name, otherwise) {
  try {
    const kept = placeOf(name)?.getItem(PREFIX + name) ?? memory.get(name) ?? null;
    return kept === null ? otherwise : JSON.parse(kept);
  } catch {
    return otherwise;
  }
}

/** Remember a value that JSON can write; null forgets it. Says whether it outlives a reload. */
export function remember(name, value) {
  if (value === null) memory.delete(name);
  else memory.set(name, JSON.stringify(value));
  try {
    const place = placeOf(name);
    if (value === null) place.removeItem(PREFIX + name);
    else place.setItem(PREFIX + name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** Forget all that this page ever kept in this browser. */
export function forgetAll() {
  memory.clear();
  for (const kind of ["localStorage", "sessionStorage"]) {
    try {
      const place = storage(kind);
      for (const key of Object.keys(place)) if (key.startsWith(PREFIX)) place.removeItem(key);
    } catch {
      // Nothing could be kept there, so nothing is left.
    }
  }
}
