// The palette: Ctrl+K finds a page, a thing, or what can be done here, by what is typed, from every page of a site.

import { on, parts, setText } from "#js/dom.js";
import { fetchPiece } from "#js/piece.js";
import { atRest } from "#js/rest.js";
import { inTurn } from "#js/turns.js";

const REST = 120;
/** Acts that are shown at most: who wants another types. */
const MOST = 8;

/** Letters without accents and capitals, as the server compares them. */
export const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Whether each word that is typed begins a word of the name. */
export function matches(name, typed) {
  const parts = folded(name).split(/[^\p{L}\p{N}]+/u);
  return folded(typed)
    .split(/\s+/)
    .filter(Boolean)
    .every((word) => parts.some((part) => part.startsWith(word)));
}

/** A name without the key that is written beside it. */
export function bare(said, key) {
  const name = said.replace(`(${key})`, "").replace(/\s+/g, " ").trim();
  return name.endsWith(` ${key}`) ? name.slice(0, -key.length - 1) : name;
}

/** What can be done on this page: what is in sight below the top bar, may be pressed, and has a key, as {element, name, key}. */
export function acts(page) {
  const pressable = [...page.querySelectorAll("button[aria-keyshortcuts]:not(:disabled, dialog *, .top *)")].filter((element) =>
    element.checkVisibility(),
  );
  return pressable.map((element) => {
    const key = element.getAttribute("aria-keyshortcuts");
    // biome-ignore lint/performance/useDomNodeTextContent: of the two words of a button, the one that is in sight
    const said = element.getAttribute("aria-label") || element.title || element.innerText;
    return { element, key, name: bare(said, key) };
  });
}

/** createPalette(dialog, opener): opens it by Ctrl+K or by its button. */
export function createPalette(dialog, opener) {
  const { from, acts: actsName, none: noneSays } = dialog.dataset;
  const field = dialog.querySelector("input");
  const list = dialog.querySelector("[role=listbox]");
  const { none } = parts(dialog);
  const answers = inTurn();
  let here = [];

  const options = () => [...list.querySelectorAll("[role=option]")];
  const chosen = () => list.querySelector("[aria-selected=true]");

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) field.setAttribute("aria-activedescendant", option.id);
    else field.removeAttribute("aria-activedescendant");
  }

  function step(by) {
    const all = options();
    const at = all.indexOf(chosen());
    choose(all[(at + by + all.length) % all.length]);
  }

  function actOption({ element, name, key }) {
    const option = Object.assign(document.createElement("button"), { type: "button", tabIndex: -1 });
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.append(
      Object.assign(document.createElement("span"), { textContent: name }),
      Object.assign(document.createElement("kbd"), { textContent: key }),
    );
    on(option, "click", () => {
      dialog.close();
      element.click();
    });
    return option;
  }

  function actGroup(typed) {
    const wanted = here.filter(({ name }) => matches(name, typed)).slice(0, MOST);
    if (wanted.length === 0) return [];
    const group = document.createElement("div");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", actsName);
    const title = Object.assign(document.createElement("p"), { className: "group", textContent: actsName, ariaHidden: "true" });
    group.append(title, ...wanted.map(actOption));
    return [group];
  }

  async function look() {
    const typed = field.value.trim();
    const newest = answers();
    const found = await fetchPiece(`${from}?${new URLSearchParams({ q: typed })}`);
    if (!newest() || !dialog.open) return;
    list.dataset.typed = typed;
    list.replaceChildren(...(typed ? [found ?? "", ...actGroup(typed)] : [...actGroup(""), found ?? ""]));
    const all = options();
    for (const [number, option] of all.entries()) option.id = `found-${number}`;
    none.hidden = all.length > 0;
    setText(none, all.length > 0 ? "" : noneSays);
    choose(all[0]);
  }

  const soon = atRest(look, REST);

  function open() {
    if (document.querySelector("dialog:modal")) return;
    here = acts(document);
    field.value = "";
    delete list.dataset.typed;
    list.replaceChildren(...actGroup(""));
    dialog.showModal();
    look();
  }

  on(opener, "click", open);
  on(document, "keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else open();
  });
  on(field, "input", soon.soon);
  on(dialog, "click", (event) => event.target === dialog && dialog.close());
  on(field, "keydown", async (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) {
      event.preventDefault();
      step(by);
    }
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    soon.stop();
    if (field.value.trim() !== list.dataset.typed) await look(); // Enter right after a letter means what the letter finds
    const option = chosen();
    if (option?.href && (event.ctrlKey || event.metaKey)) window.open(option.href, "_blank", "noopener");
    else option?.click();
  });
}
