// Acts on all that the filters find: counted before, done some hundreds at a time, taken back while that can be.

import { parts } from "#js/dom.js";
import { insist } from "#js/insist.js";
import { showRefusal, toast } from "#js/toast.js";
import { inTurn } from "#js/turns.js";

const CHUNK = 500;
const MOST = 5000;
const BACK_MS = 9500; // as undo.js: less than the ten seconds of the control room
/** What is sent where, and where it is taken back. */
const WAYS = {
  acknowledge: { to: "acknowledgement", back: "acknowledgement/withdrawal", lasts: BACK_MS },
  take: { to: "charge", back: "charge/withdrawal" },
  shelve: { to: "shelving", back: "shelving/withdrawal" },
  comment: { to: "comments" },
};

/** Parts of a list of ids, in their order. */
export const chunks = (ids, size = CHUNK) => Array.from({ length: Math.ceil(ids.length / size) }, (_, n) => ids.slice(n * size, (n + 1) * size));

/** mount({site, format, query(), done()}): `query` are the filters, `done` is called after each act. */
export function mount({ site, format, query, done }) {
  const dialog = document.getElementById("acting");
  const form = dialog.querySelector("form");
  const part = parts(dialog);
  const looks = inTurn();
  let ids = [];
  let under = false;

  const act = () => form.elements.act.value;
  const item = (text) => Object.assign(document.createElement("li"), { textContent: text });

  async function look() {
    const newest = looks();
    const asked = new URLSearchParams(query());
    for (const name of ["order", "after"]) asked.delete(name);
    asked.set("act", act());
    if (act() === "shelve") asked.set("minutes", form.elements.minutes.value);
    part.go.disabled = true;
    for (const field of form.querySelectorAll("[data-for]")) field.hidden = field.dataset.for !== act();
    part.undo.textContent = format.say(`bulk.undo.${act()}`);
    let told;
    try {
      told = await insist("GET", `/sites/${site}/alarms/outlook?${asked}`);
    } catch (error) {
      if (newest()) showRefusal(error);
      return;
    }
    if (!newest()) return;
    ids = told.ids;
    const lines = [told.would ? format.say("bulk.would", { n: told.would }) : format.say("bulk.none")];
    if (told.already) lines.push(format.say("bulk.already", { n: told.already }));
    for (const { detail, number } of told.refused) lines.push(format.say("bulk.refused", { n: number, why: detail }));
    if (told.would > MOST) lines.push(format.say("bulk.too_many", { n: MOST }));
    part.outlook.replaceChildren(...lines.map(item));
    part.go.textContent = format.say("bulk.go", { n: told.would });
    part.go.disabled = told.would === 0 || told.would > MOST;
  }

  const body = () => {
    const { reason, minutes, text } = form.elements;
    return { acknowledge: {}, take: {}, shelve: { reason: reason.value, minutes: Number(minutes.value) }, comment: { text: text.value } }[act()];
  };

  /** Sends the ids a chunk at a time; answers those that were moved. What was refused is told; what fails ends it. */
  async function send(way, all, what, told) {
    const moved = [];
    for (const some of chunks(all)) {
      const answer = await insist("POST", `/sites/${site}/alarms/${way}`, { ids: some, ...what });
      moved.push(...answer.done);
      told(moved.length);
    }
    return moved;
  }

  async function takeBack(back, moved) {
    try {
      const undone = await send(back, moved, {}, () => undefined);
      toast(format.say("bulk.undone", { n: undone.length }));
    } catch (error) {
      showRefusal(error);
    }
    done();
  }

  async function go() {
    const { to, back, lasts } = WAYS[act()];
    under = true;
    part.go.disabled = part.leave.disabled = true;
    part.progress.hidden = false;
    part.progress.max = ids.length;
    const moved = [];
    try {
      await send(to, ids, body(), (n) => {
        part.progress.value = n;
        part.go.textContent = format.say("bulk.under_way", { n, all: ids.length });
      }).then((all) => moved.push(...all));
      let shown = null;
      const run = () => {
        shown.close();
        takeBack(back, moved);
      };
      shown = toast(format.say("bulk.done", { n: moved.length }), format.say(`bulk.undo.${act()}`), {
        act: back && moved.length ? { text: format.say("undo"), run } : null,
        stays: Boolean(back) && !lasts,
        lasts,
      });
      dialog.close();
    } catch (error) {
      showRefusal(error);
      look();
    }
    under = false;
    part.leave.disabled = false;
    part.progress.hidden = true;
    done();
  }

  form.addEventListener("change", ({ target }) => ["act", "minutes"].includes(target.name) && look());
  form.addEventListener("submit", (event) => {
    if (event.submitter !== part.go) return;
    event.preventDefault();
    const asks = { shelve: form.elements.reason, comment: form.elements.text }[act()];
    if (asks && !asks.value.trim()) asks.focus();
    else if (!under) go();
  });
  dialog.addEventListener("cancel", (event) => under && event.preventDefault());

  document.getElementById("act-on-all").addEventListener("click", () => {
    form.reset();
    part.outlook.replaceChildren();
    dialog.showModal();
    look();
  });
}
