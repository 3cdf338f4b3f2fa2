// Évènements: rows are asked for again as filters change, never by themselves.

import { desk } from "#js/frame.js";
import { followFilters, keepViews } from "#js/past/filters.js";
import { piece } from "#js/piece.js";
import { keepTimes, sayTimes } from "#js/times.js";

const { format, given } = desk;
const form = document.getElementById("past-filters");
const rows = document.getElementById("past-rows");
const ask = piece(rows, { prepare: (content) => sayTimes(content, format), yields: () => false });

followFilters(form, rows, (query) => ask(`${query}&part=rows`, { anyhow: true }));
keepViews("events", given.site.slug, form);
sayTimes(document, format);
keepTimes(format);
