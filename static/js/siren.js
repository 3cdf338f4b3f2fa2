// Settings of sirens: how each is driven, whether it is reached, and a button that tries it.

import { on } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { insist } from "#js/insist.js";
import { named } from "#js/messages/compose.js";
import { piece } from "#js/piece.js";
import { keepTimes, sayTimes } from "#js/times.js";
import { forgetRefusal, showRefusal, toast } from "#js/toast.js";

const FRESH_MS = 2000;
const SEVERITIES = ["critical", "high", "medium", "low"];
const NUMBERS = ["port", "unit", "first", "sound_coil", "lamp_coil"];
const { format, given } = desk;
const holder = document.getElementById("sirens");
const form = document.getElementById("siren");
const remove = document.getElementById("siren-delete");
const known = JSON.parse(document.getElementById("sirens-known").textContent);
const { elements } = form;
const path = (slug) => `/sites/${given.site.slug}/sirens/${slug}`;
const ask = piece(holder, { prepare: (content) => sayTimes(content, format) });

function showProtocol() {
  for (const part of form.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== elements.protocol.value;
}

/** Puts what is known of a siren into the form. */
function fill() {
  const one = known.find(({ slug }) => slug === elements.known.value);
  remove.hidden = !one;
  if (!one) return form.reset();
  const { settings, patterns } = one;
  elements.name.value = one.name;
  elements.enabled.checked = one.enabled;
  elements.protocol.value = settings.protocol ?? "modbus";
  if (settings.protocol === "http") elements.http.value = JSON.stringify(settings, null, 2);
  else {
    elements.host.value = settings.host ?? "";
    for (const name of NUMBERS) elements[name].value = settings[name] ?? "";
    elements.allow_private_address.checked = settings.allow_private_address ?? false;
  }
  for (const severity of SEVERITIES) {
    elements[`sound-${severity}`].value = patterns[severity]?.sound ?? "off";
    elements[`lamp-${severity}`].value = patterns[severity]?.lamp ?? "off";
  }
  showProtocol();
}

function settingsOf() {
  if (elements.protocol.value === "http") return JSON.parse(elements.http.value);
  const numbers = NUMBERS.map((name) => [name, elements[name].value === "" ? null : Number(elements[name].value)]);
  const told = Object.fromEntries(numbers.filter(([name, value]) => value !== null || name === "first"));
  return { protocol: "modbus", host: elements.host.value.trim(), ...told, allow_private_address: elements.allow_private_address.checked };
}

function patternsOf() {
  const pairs = SEVERITIES.map((severity) => [severity, { sound: elements[`sound-${severity}`].value, lamp: elements[`lamp-${severity}`].value }]);
  return Object.fromEntries(pairs.filter(([, { sound, lamp }]) => sound !== "off" || lamp !== "off"));
}

on(form, "change", ({ target }) => {
  if (target === elements.known) fill();
  if (target === elements.protocol) showProtocol();
});
on(form, "submit", async (event) => {
  event.preventDefault();
  const slug = elements.known.value || named(elements.name.value)[0]?.id.replace(/-1$/, "");
  try {
    const told = { name: elements.name.value, settings: settingsOf(), patterns: patternsOf(), enabled: elements.enabled.checked };
    await insist("PUT", path(slug), told);
    location.reload();
  } catch (error) {
    if (error instanceof SyntaxError) toast(format.say("fault.title"), error.message, { bad: true });
    else showRefusal(error);
  }
});
on(remove, "click", async () => {
  try {
    await insist("DELETE", path(elements.known.value));
    location.reload();
  } catch (error) {
    showRefusal(error);
  }
});
on(holder, "click", async ({ target }) => {
  const button = target.closest("[data-test]");
  if (!button) return;
  try {
    await insist("POST", `/sirens/${button.dataset.test}/test`);
    forgetRefusal();
    await ask("part=state", { anyhow: true });
  } catch (error) {
    showRefusal(error);
  }
});
setInterval(() => ask("part=state"), FRESH_MS);
showProtocol();
sayTimes(document, format);
keepTimes(format);
