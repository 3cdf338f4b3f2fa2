// The commands of one asset: those that can be asked for, those under way, and the last ones, as they go on.

import { Refused } from "#js/api.js";
import { asking } from "#js/commands/ask.js";
import { commandItem, createSteps, paintCommand, paintTime } from "#js/commands/rows.js";
import { parts, setText } from "#js/dom.js";
import { insist } from "#js/insist.js";

const TICK_MS = 1000;
/** What an asset offers changes with its readings, which this page is not told of. */
const OFFERS_MS = 15_000;

/** mount(element, {store, format, given, most}) → {show(asset, cause), asset()}: asset {id, code, name} or null; `most`: commands that are listed. */
export function mount(element, { store, format, given, most }) {
  const part = parts(element);
  const ask = asking({ format });
  const steps = createSteps({ given, onChange: paint });
  let shown = null; // {asset, cause, offers, commands: Map, abort}
  const made = new Map();

  function show(asset, cause = "") {
    if (shown?.asset.id === asset?.id) {
      if (shown) shown.cause = cause;
      return;
    }
    shown?.abort.abort();
    made.clear();
    part.list.replaceChildren();
    part.offers.replaceChildren();
    element.hidden = true;
    shown = asset && { asset, cause, offers: null, commands: new Map(), abort: new AbortController() };
    if (!shown) return;
    askOffers();
    askCommands();
  }

  async function late(path, use) {
    const mine = shown;
    try {
      const told = await insist("GET", `/assets/${mine.asset.id}/${path}`, undefined, { signal: mine.abort.signal });
      if (shown === mine) use(told);
    } catch (error) {
      if (error.name !== "AbortError" && !(error instanceof Refused)) throw error;
    }
  }

  const askOffers = () =>
    late("command-types", (offers) => {
      shown.offers = offers;
      paintOffers();
    });

  const askCommands = () =>
    late(`commands?limit=${most}`, ({ results }) => {
      for (const row of results) note(row);
      paint();
    });

  function note(row) {
    const known = shown.commands.get(row.id);
    if (!known || known.seq <= row.seq) shown.commands.set(row.id, row);
  }

  function paintOffers() {
    const offers = shown.offers.filter((offer) => offer.permitted);
    const focused = part.offers.contains(document.activeElement) ? document.activeElement.dataset.type : null;
    part.offers.replaceChildren(...offers.map(offerButton));
    if (focused) part.offers.querySelector(`[data-type="${focused}"]`)?.focus();
    const none = shown.offers.length === 0 ? "command.none" : offers.length === 0 ? "command.forbidden" : null;
    part.none.hidden = none === null;
    if (none) setText(part.none, format.say(none));
    settle();
  }

  /** In a detail the room is for what can be done; on a sheet it is said that nothing can. */
  function settle() {
    element.hidden = element.dataset.quiet !== undefined && !part.offers.childElementCount && !part.list.childElementCount;
  }

  function offerButton(offer) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: format.pick(offer.name) });
    const [block] = offer.outlook.blocks;
    button.dataset.type = offer.type;
    button.classList.toggle("forbidden", !offer.outlook.free);
    if (block) button.title = format.pick(block.sentence);
    button.addEventListener("click", async () => {
      const { asset, cause } = shown;
      await insist("GET", `/assets/${asset.id}/command-types`).then(
        (offers) => (offer = offers.find(({ type }) => type === offer.type) ?? offer),
        () => null,
      );
      const command = await ask(asset, offer, cause);
      if (!command || shown?.asset !== asset) return;
      note(command);
      paint();
    });
    return button;
  }

  function paint() {
    if (!shown) return;
    const rows = [...shown.commands.values()].sort((a, b) => b.id - a.id).slice(0, most);
    const items = rows.map((row) => {
      if (!made.has(row.id)) made.set(row.id, commandItem());
      const item = made.get(row.id);
      paintCommand(item, row, { format, given, may: steps.of(row), withAsset: false });
      return item.item;
    });
    if (items.some((item, index) => part.list.children[index] !== item) || part.list.children.length !== items.length)
      part.list.replaceChildren(...items);
    settle();
  }

  store.subscribe(({ changed, told }) => {
    if (!shown || changed === undefined) return;
    if (changed === null) {
      askCommands();
      return;
    }
    const mine = (told?.command ?? []).filter((row) => row.asset.id === shown.asset.id);
    if (mine.length === 0) return;
    mine.forEach(note);
    paint();
    askOffers();
  });
  steps.listen(part.list);
  setInterval(() => {
    if (shown) for (const [id, item] of made) paintTime(item, shown.commands.get(id), format);
  }, TICK_MS);
  setInterval(() => shown && !document.hidden && askOffers(), OFFERS_MS);
  return { show, asset: () => shown?.asset.id ?? null };
}
