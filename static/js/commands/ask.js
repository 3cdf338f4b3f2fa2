// Asking for a command: its parameters, what forbids it now, why it is asked for, and until when it stands.

import { Refused } from "#js/api.js";
import { openDialog } from "#js/dialog.js";
import { parts, setText } from "#js/dom.js";
import { asFigure, figureIn } from "#js/figure.js";
import { insist } from "#js/insist.js";
import { atRest } from "#js/rest.js";
import { forgetRefusal, showRefusal } from "#js/toast.js";

const REST_MS = 250;

function labelled(text, input) {
  const label = Object.assign(document.createElement("label"), { className: "field", textContent: text });
  label.append(input);
  return label;
}

/** The field of one parameter, as its type asks for it. */
function fieldOf(parameter, format) {
  const { type, name, label, unit } = parameter;
  const input = document.createElement(type === "choice" ? "select" : type === "text" && parameter.lines > 1 ? "textarea" : "input");
  Object.assign(input, { name: `parameter.${name}`, className: "input", required: true });
  if (type === "choice") input.append(...parameter.options.map((option) => new Option(format.pick(option.label), option.value)));
  if (type === "number") {
    const { minimum = null, maximum = null, step = null } = parameter;
    asFigure(input, { minimum, maximum, step, say: format.say });
  }
  if (type === "text") input.maxLength = parameter.longest ?? 80;
  if (parameter.default !== undefined && parameter.default !== null) input.value = parameter.default;
  return labelled([format.pick(label), unit].filter(Boolean).join(" · "), input);
}

/** What the form says of the parameters of an offer: null while one of them is missing, or no figure where one is asked for. */
function valuesOf(form, offer) {
  const values = {};
  for (const { name, type } of offer.parameters) {
    const said = form.elements[`parameter.${name}`].value;
    if (said === "" || (type === "number" && Number.isNaN(figureIn(said)))) return null;
    values[name] = type === "number" ? figureIn(said) : said;
  }
  return values;
}

/** What an outlook says, worst first, as sentences. Pure but for the format. */
export function outlookLines(offer, outlook, format) {
  const lines = outlook.blocks.map((block) => ({ text: format.pick(block.sentence), forbids: true }));
  if (outlook.under_way !== null) lines.push({ text: format.say("command.under_way"), forbids: true });
  if (!outlook.carried) lines.push({ text: format.say("command.uncarried"), forbids: true });
  if (lines.length === 0) lines.push({ text: format.say(outlook.reached ? "command.reached" : "command.free") });
  lines.push({
    text: offer.proven ? format.say("command.proven", { n: format.duration(offer.confirm_within * 1000) }) : format.say("command.unproven"),
  });
  if (offer.dangerous) lines.push({ text: format.say("command.dangerous") });
  if (offer.second_person) lines.push({ text: format.say("command.second_person") });
  return lines;
}

/** asking({format}) → ask(asset, offer, cause): a promise of the command that was asked for, or null. */
export function asking({ format }) {
  const dialog = document.getElementById("command");
  const form = dialog.querySelector("form");
  const part = parts(dialog);
  let asked = null; // {asset, offer}

  function paint(outlook) {
    const { offer } = asked;
    part.outlook.replaceChildren(
      ...outlookLines(offer, outlook, format).map(({ text, forbids }) => {
        const item = Object.assign(document.createElement("li"), { textContent: text });
        item.classList.toggle("forbids", Boolean(forbids));
        return item;
      }),
    );
    part.go.disabled = !outlook.free;
  }

  async function look() {
    if (asked === null) return; // another part of the page asks in this dialog
    const { asset, offer } = asked;
    const parameters = valuesOf(form, offer);
    if (parameters === null || !form.elements.because) return;
    try {
      const outlook = await insist("POST", `/assets/${asset.id}/commands/preview`, { type: offer.type, parameters });
      if (asked?.offer === offer && dialog.open) paint(outlook);
    } catch (error) {
      if (!(error instanceof Refused)) throw error; // the form says what is wrong when it is sent
    }
  }
  const looking = atRest(look, REST_MS);
  form.addEventListener("input", () => looking.soon());

  function open(asset, offer) {
    asked = { asset, offer };
    form.reset();
    setText(part.name, format.pick(offer.name));
    setText(part.about, [asset.name, asset.code].filter(Boolean).join(" · "));
    part.parameters.replaceChildren(...offer.parameters.map((parameter) => fieldOf(parameter, format)));
    part["until-box"].hidden = offer.longest === null;
    for (const option of form.elements.minutes.options) {
      option.disabled = offer.longest !== null && Number(option.value) * 60 > offer.longest;
      option.hidden = option.disabled;
    }
    form.elements.because.required = offer.longest !== null || offer.dangerous;
    part.optional.hidden = form.elements.because.required;
    setText(part.go, format.say(offer.second_person ? "command.ask" : offer.dangerous ? "command.arm" : "command.send"));
    paint(offer.outlook);
    const sent = openDialog(dialog);
    (form.querySelector("[name^=parameter]") ?? form.elements.because).focus();
    return sent;
  }

  async function send(asset, offer, cause) {
    const body = { type: offer.type, parameters: valuesOf(form, offer) ?? {}, because: form.elements.because.value };
    if (offer.longest !== null) body.minutes = Number(form.elements.minutes.value);
    if (cause) body.cause = cause;
    const command = await insist("POST", `/assets/${asset.id}/commands`, body);
    // To arm it is what the button said; whoever is second arms it otherwise.
    return command.may.includes("arm") ? insist("POST", `/commands/${command.id}/arming`) : command;
  }

  return async (asset, offer, cause = "") => {
    const go = await open(asset, offer);
    looking.stop();
    asked = null;
    if (!go) return null;
    try {
      const command = await send(asset, offer, cause);
      forgetRefusal();
      return command;
    } catch (error) {
      showRefusal(error);
      return null;
    }
  };
}
