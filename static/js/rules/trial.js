// A backtest: ordered with what is written now, followed to its end, and told in figures, bars and rows.

import { call } from "#js/api.js";
import { bars } from "#js/rules/bars.js";
import { make } from "#js/rules/fields.js";
import { createCounted, fill } from "#js/rules/words.js";
import { wouldBeRow } from "#js/rules/wouldbe.js";
import { showRefusal } from "#js/toast.js";

const ASK = 500;
const DAY = 86_400_000;
const element = (id) => document.getElementById(id);

export function mountTrial({ rule, site, spec, format, words }) {
  const form = element("trial");
  const base = `/rules/${rule}/backtests`;
  const counted = createCounted(words, format);
  const sheet = (asset) => `/sites/${site}/assets/${asset}`;
  let shown = null;

  form.addEventListener("change", () => (element("custom").hidden = form.period.value !== "custom"));

  function period() {
    const now = new Date();
    if (form.period.value !== "custom") return [new Date(now - Number(form.period.value) * DAY), now];
    return [form.from.value, form.to.value].map((local) => format.instant(local));
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [from, to] = period();
    if (!(from < to)) return form.from.focus();
    try {
      follow(await call("POST", base, { from: from.toISOString(), to: to.toISOString(), spec: spec() }));
    } catch (error) {
      showRefusal(error);
    }
    return undefined;
  });
  element("trial-cancel").addEventListener("click", async () => {
    try {
      await call("DELETE", `${base}/${shown.id}`);
    } catch (error) {
      showRefusal(error);
    }
  });

  const nothingStored = ({ state, figures }) => state === "failed" && figures?.stored === null;

  /** Since when, and until when, history has something of the period, where that is not all of it. */
  function partly({ state, figures }) {
    const stored = state === "done" ? figures.stored : null;
    if (!stored || stored.whole) return "";
    const [from, to] = [stored.from, stored.to].map((moment) => format.when(moment));
    return ` — ${fill(words.trial_stored, { from, to })}`;
  }

  function say(trial) {
    const busy = trial.state === "queued" || trial.state === "running";
    const failed = trial.state === "failed" && trial.message ? ` — ${trial.message}` : "";
    const said = counted(`trial_${trial.state}`, trial.readings ?? 0) + failed;
    element("trial-state").textContent = nothingStored(trial) ? fill(words.trial_nothing, { days: trial.figures.kept_days }) : said + partly(trial);
    element("trial-progress").hidden = !busy;
    element("trial-progress").value = trial.progress;
    element("trial-cancel").hidden = !busy;
    element("order").disabled = busy;
    return busy;
  }

  async function follow(trial) {
    shown = trial;
    element("result").hidden = true;
    while (say(shown)) {
      await new Promise((resolve) => setTimeout(resolve, ASK));
      try {
        shown = await call("GET", `${base}/${trial.id}`);
      } catch (error) {
        if (error.status !== 0) return showRefusal(error);
      }
    }
    if (shown.state === "done") tell(shown);
    return undefined;
  }

  function tell({ id, figures, from, to }) {
    const { draft, active } = figures;
    // A day of 24 hours has two dates: what is told a day is told of the time, not of the calendar.
    const days = Math.max(1, (new Date(to) - new Date(figures.stored?.from ?? from)) / DAY);
    const seconds = (value) => format.duration(value * 1000);
    const against = active ? fill(words.against, { n: format.number(active.count, 0) }) : "";
    const { load, durations } = draft;
    element("figures").replaceChildren(
      tile(format.number(draft.count, 0), counted("alarms", draft.count), [
        against,
        draft.standing ? fill(words.standing, { n: draft.standing }) : "",
      ]),
      tile(format.number(draft.count / days, 1), words.per_day, []),
      tile(
        draft.count > draft.standing ? seconds(durations.median) : "—",
        words.median,
        durations.longest ? [fill(words.longest, { p90: seconds(durations.p90), longest: seconds(durations.longest) })] : [],
      ),
      tile(format.number(load.average, 2), words.load, [
        words[`verdict_${load.verdict}`],
        counted("worst", load.floods, { n: load.worst, floods: load.floods }),
      ]),
    );
    const dates = draft.days.map(({ date, count }, index) => ({
      label: date.slice(5).split("-").reverse().join("/"),
      count,
      other: active?.days[index]?.count ?? 0,
    }));
    bars(element("days"), dates, (bar) => fill(words.chart_point, { date: bar.label, n: active ? `${bar.count} (${bar.other})` : bar.count }));
    const hours = draft.hours.map((count, hour) => ({ label: String(hour), count, other: active?.hours[hour] ?? 0 }));
    bars(element("hours"), hours, (bar) => counted("hour_point", bar.count, { from: bar.label, to: Number(bar.label) + 1 }));
    names = new Map();
    top = draft.top.slice(0, 8);
    drawTop();
    which(id, figures);
    element("result").hidden = false;
  }

  let names = new Map();
  let top = [];

  function drawTop() {
    element("top").replaceChildren(
      ...top.map(({ subject, count, seconds }) =>
        make(
          "li",
          {},
          make("b", { text: format.number(count, 0) }),
          make("span", { text: names.get(subject) ?? subject.replace(/^\w+:/, "") }),
          make("span", { className: "quiet", text: format.duration(seconds * 1000) }),
        ),
      ),
    );
  }

  const tile = (value, name, about) =>
    make(
      "div",
      { className: "figure" },
      make("b", { text: value }),
      make("span", { text: name }),
      ...about.filter(Boolean).map((text) => make("small", { className: "quiet", text })),
    );

  function which(id, { added, removed, active }) {
    const choices = [["all", words.result_all, "of=draft"]];
    if (active) {
      choices.push(["added", fill(words.result_added, { n: added }), "of=draft&alone=true"]);
      choices.push(["removed", fill(words.result_removed, { n: removed }), "of=active&alone=true"]);
    }
    element("which").replaceChildren(
      ...choices.map(([name, text, query], index) => {
        const input = make("input", { type: "radio", name: "which", value: name, checked: index === 0 });
        input.addEventListener("change", () => rows(element("trial-rows"), element("trial-more"), `${base}/${id}/alarms?${query}`));
        return make("label", { className: "choice" }, input, make("span", { text }));
      }),
    );
    rows(element("trial-rows"), element("trial-more"), `${base}/${id}/alarms?${choices[0][2]}`);
  }

  async function rows(body, more, path) {
    body.replaceChildren();
    await page(body, more, `${path}&limit=50`);
  }

  async function page(body, more, path) {
    try {
      const { results, next } = await call("GET", path);
      body.append(...results.map((alarm) => wouldBeRow(alarm, format, words, sheet)));
      for (const { subject, asset } of results) if (asset) names.set(subject, `${asset.code} · ${asset.name}`);
      if (body.id === "trial-rows") drawTop();
      if (!body.firstElementChild) body.append(make("tr", { className: "none" }, make("td", { colSpan: 4, text: words.no_alarm })));
      more.hidden = !next;
      if (next) more.onclick = () => page(body, more, next.replace(/^.*\/api\/v1/, ""));
    } catch (error) {
      showRefusal(error);
    }
  }

  /** What versions in shadow would have said. */
  async function showShadow() {
    const body = element("shadow-rows");
    body.replaceChildren();
    await page(body, element("shadow-more"), `/rules/${rule}/shadow?limit=50`);
  }

  /** The last trial of the rule, when there is one. */
  async function recallLast() {
    if (shown) return;
    const { results } = await call("GET", `${base}?limit=1`);
    if (results.length && !shown) follow(results[0]);
  }

  return { showShadow, recallLast };
}
