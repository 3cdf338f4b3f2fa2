import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { createFormat } from "#js/format.js";
import { endLines, whyLines } from "#js/why.js";

const read = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));
const samples = read("./evidence.json");
const words = read("./words.json");
const formats = Object.fromEntries(
  ["fr", "en"].map((language) => [language, createFormat({ language, timezone: "Europe/Paris", words: words[language] })]),
);
const named = {
  assets: { 1: { code: "L-1", name: "Lampe 1" }, 7: { code: "P-7", name: "Porte 7" }, 8: { code: "D-8", name: "Détecteur 8" } },
  points: { 21: { asset: 7, unit: "", codes: { fr: { 1: "forcée" }, en: { 1: "forced" } } }, 22: { asset: 8, unit: "ppm" } },
};
const alarm = (kind, changes = {}) => ({
  severity: "critical",
  rule_name: { fr: "Crue", en: "Flood" },
  version: 3,
  unit: ["threshold", "rate", "forecast", "anomaly"].includes(kind) ? "m" : "",
  codes: { fr: { 3: "en panne" }, en: { 3: "faulty" } },
  evidence: samples[kind],
  named,
  ...changes,
});
const link = (id) => `/assets/${id}`;
const text = (lines) =>
  lines.map((line) =>
    line
      .map((piece) => piece.text)
      .join("")
      .replaceAll(/[\u00a0\u202f]/g, " "),
  );
const told = (kind, language, changes) => text(whyLines(alarm(kind, changes), formats[language], link));

for (const kind of Object.keys(samples)) {
  for (const language of ["fr", "en"]) {
    test(`a ${kind} is told whole in ${language}`, () => {
      const lines = told(kind, language);
      assert.ok(lines.length >= 2, lines.join("\n"));
      for (const line of lines) assert.doesNotMatch(line, /undefined|null|NaN|[{}\u0001\u0002]|\[object/);
      assert.match(lines.at(-1), language === "fr" ? /^Règle Crue, version 3$/ : /^Rule Flood, version 3$/);
    });
  }
}

test("of the alarm of a sector it is told whose value it is, and of how many", () => {
  const flood = (standing) => ({ evidence: { ...samples.threshold, point: 21, standing } });
  assert.ok(told("threshold", "fr", flood(48)).includes("Le plus grave des 48 points du secteur au-delà — Porte 7"));
  assert.ok(told("threshold", "en", flood(1)).includes("The only point of the sector beyond it — Porte 7"));
});

test("a dead-band is told as the way back from the limit, never as a level", () => {
  assert.ok(told("threshold", "fr").includes("Cesse une fois redescendu de 0,1 m sous la limite : en dessous de 2,4 m"));
  assert.ok(told("threshold", "en").includes("Ends once it is back under the limit by 0.1 m: below 2.4 m"));
  const below = { evidence: { ...samples.threshold, direction: "below" } };
  assert.ok(told("threshold", "fr", below).includes("Cesse une fois remonté de 0,1 m au-dessus de la limite : au-delà de 2,6 m"));
});

test("a limit is told as it was written, and a value is never told as its limit", () => {
  const told = (value, limit) => text(whyLines(alarm("threshold", { evidence: { ...samples.threshold, value, limit } }), formats.en, link))[0];
  assert.match(told(1000, 2.3), /^1,000 m on .* is above the critical limit 2\.3 m$/);
  assert.match(told(2.3004, 2.3), /^2\.3004 m on .* is above the critical limit 2\.3 m$/);
  assert.match(told(1000.2, 1000), /^1,000\.2 m on .* is above the critical limit 1,000 m$/);
  assert.match(told(0.02, 0.01234), /^0\.02 m on .* is above the critical limit 0\.01234 m$/);
});

test("a slope is told per hour, over its window, with what was read", () => {
  const lines = told("rate", "fr");
  assert.equal(lines[0], "Pente de 0,8 m par heure sur 30 min, au-dessus de la limite critique 0,5 m par heure");
  assert.match(lines[1], /^1,9 m lu le .*16:13:20 ; pente calculée sur 31 mesures$/);
});

test("a forecast tells the trend and when the limit is reached", () => {
  const lines = told("forecast", "en");
  assert.equal(lines[0], "2.7 m expected within 1 h 00, above the critical limit 2.5 m");
  assert.match(lines[1], /^Trend of 30 min: 1.9 m on .*16:13:20, 0.8 m per hour$/);
  assert.match(lines[2], /^The limit is reached towards .*16:58:20$/);
});

test("an anomaly tells what was expected beside what was observed", () => {
  const lines = told("anomaly", "fr");
  assert.match(lines[0], /^31 m le .*, alors que 12,5 m est habituel à cette heure de la semaine$/);
  assert.equal(lines[1], "D’habitude alors : de 5 m à 21,5 m, d’après 8 semaines et 168 heures passées à cette heure du jour, à une heure près");
  assert.equal(lines[2], "À 6,2 écarts, la limite critique est de 4 (un écart : 3 m)");
});

test("an anomaly of a counter tells what was consumed in the hour that ended", () => {
  const lines = told("anomaly", "en", { evidence: { ...samples.anomaly, hourly: true } });
  assert.match(lines[0], /^31 m per hour consumed in the hour before .*, where 12\.5 m per hour is usual at that hour of the week$/);
  assert.match(lines[1], /^Usual then: 5 m per hour to 21\.5 m per hour, /);
});

test("the terms of a condition tell which holds, and lead to the asset", () => {
  const lines = whyLines(alarm("condition"), formats.fr, link);
  assert.match(text(lines)[0], /^Vrai : porte forcée, depuis .* \(forcée\) — Porte 7$/);
  assert.match(text(lines)[1], /^Faux : fumée détectée, depuis .* \(0 ppm\) — Détecteur 8$/);
  assert.equal(text(lines)[2], "Inconnu, jamais lu : fumée détectée");
  assert.equal(lines[0].at(-1).href, "/assets/7");
});

test("who counts is listed, bounded, and each leads to its asset", () => {
  const lines = whyLines(alarm("count"), formats.fr, link);
  assert.equal(text(lines)[0], "40 × porte forcée en 10 min, dans un même secteur");
  const members = lines[2];
  assert.equal(members.filter((piece) => piece.href).length, 3); // those whose name this person may see
  assert.match(text(lines)[2], /^Comptés : Lampe 1 \(.*\), asset:2 .* et 28 autres$/);
});

test("what was missing is told with the time by which it was to come", () => {
  const lines = told("missing", "fr");
  assert.match(lines[0], /^porte forcée le .*16:08:20 — Porte 7$/);
  assert.match(lines[1], /^fumée détectée devait suivre en 10 min, avant .*16:18:20, sur un même équipement : rien n’est venu$/);
});

test("what was set aside is told with its number, by which whoever runs Vigie finds it", () => {
  const lines = told("set_aside", "fr");
  assert.match(lines[0], /^2 envois que Vigie n’a pas su traiter depuis .*, mis à part sans être perdus$/);
  assert.match(lines[1], /^Le premier porte le numéro 41 \(1789999999000-0 dans le journal des envois\) : ValueError$/);
});

test("a rule that was set aside is told with its version and the kind of the defect", () => {
  assert.match(told("rule_set_aside", "fr")[0], /^La version 3 ne tourne plus depuis .*, à cause d’un défaut de Vigie : ValueError$/);
});

test("an end by the calendar says that the hours ended, and nothing of the field", () => {
  const ended = text(endLines(alarm("threshold", { ended: samples.calendar }), formats.fr));
  assert.match(ended[0], /^Les heures de la règle ont pris fin le .* : elle ne juge plus, et ne dit rien du terrain$/);
  assert.match(ended[1], /^De nouveau en vigueur à partir de /);
  assert.doesNotMatch(ended.join(), /retour/i);
});

test("an end that nobody can explain says nothing", () => {
  assert.deepEqual(endLines(alarm("threshold", { ended: null }), formats.fr), []);
});
