// The few gestures on the page that every module makes.

/** Elements by their data-part inside `root`, as an object. */
export function parts(root) {
  const found = {};
  for (const element of root.querySelectorAll("[data-part]")) found[element.dataset.part] = element;
  return found;
}

/** Writes only what differs: an unchanged text node costs no layout. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Puts these nodes in place of what is there, unless they are alike: a button that is being pressed must not be another at its release. */
export function setChildren(element, nodes) {
  const there = [...element.childNodes];
  if (there.length === nodes.length && nodes.every((node, index) => node.isEqualNode(there[index]))) return;
  element.replaceChildren(...nodes);
}

export function clone(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

/** An item of a list made of pieces {text, strong, href}, as why.js tells a reason. */
export function told(line) {
  const item = document.createElement("li");
  for (const { text, strong, href } of line) {
    const words = strong ? Object.assign(document.createElement("b"), { textContent: text }) : text;
    if (!href) item.append(words);
    else {
      const away = item.appendChild(document.createElement("a"));
      away.href = href;
      away.append(words);
    }
  }
  return item;
}

/** Listens until the answered function is called. */
export function on(target, type, listener, options) {
  target.addEventListener(type, listener, options);
  return () => target.removeEventListener(type, listener, options);
}

const PAUSE = 110;

/** Calls `search` when the form is sent, when a choice is made, and as soon as the typing pauses. */
export function asOneTypes(form, search) {
  let timer = 0;
  form.addEventListener("input", ({ target }) => {
    clearTimeout(timer);
    timer = setTimeout(search, target.type === "search" ? PAUSE : 0);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
}

/** What was remembered under this name, or the default when there is nothing or it cannot be read. */
export function recall(name, fallback) {
  const kept = localStorage.getItem(`vigie.${name}`);
  return kept === null ? fallback : kept;
}

export function remember(name, value) {
  localStorage.setItem(`vigie.${name}`, value);
}

export function client() {
  return JSON.parse(document.getElementById("client").textContent);
}

/** How much larger than on an ordinary screen the page's letters are: a wall of pixels enlarges those of maps and charts with them. */
export const enlarged = () => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 10;
