/* Building the page: nodes and text only, so that nothing a model or a server says can become markup. */

/**
 * A new element. attributes: true sets an empty one, false and null leave it out; `on` + event name adds a listener.
 * children: nodes, or strings that become text.
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, String(value));
  }
  node.append(...children);
  return node;
}

/** The element of index.html with that id. */
export function byId(id) {
  return document.getElementById(id);
}

/** A push button that sends no form. */
export function button(label, press, attributes = {}) {
  return element("button", { type: "button", onclick: press, ...attributes }, label);
}

/** Let screen readers say a line. Once, when it is whole: replies are not read out token by token. */
export function announce(line) {
  const place = byId("announcer");
  place.textContent = "";
  // The same text twice in a row would not be a change, and would not be read.
  setTimeout(() => { place.textContent = line; }, 50);
}

/** Follow a growing reply, unless the reader has scrolled up to read something else. */
export function keepingTheEndInSight(change) {
  const page = document.scrollingElement;
  const atEnd = page.scrollHeight - page.scrollTop - page.clientHeight < 80;
  change();
  if (atEnd) page.scrollTop = page.scrollHeight;
}
