// Numbers, times and words as the reader writes them. `createFormat` is pure: language, zone and words are given.

/** With the spaces no line may end at: before French signs, between a number and its unit. */
const bound = (text) =>
  text
    .replace(/ (?=[:;!?»%])/g, "\u00a0")
    .replace(/(«|n°) /g, "$1\u00a0")
    .replace(/(\d) (?=(?:m|cm|min|h|s|kW|V)\b)/g, "$1\u00a0");

/** "22 nov. 14:32:07", which needs another word before it than "14:32:07" does; or what stands for one (why.js). */
const DATED = /^(?:\u0001\u0003|\d{1,2} \p{L}+\.? (?:\d{4} )?\d{2}:\d{2})/u;
const BEFORE_DATES = { fr: { à: "le", "jusqu’à": "jusqu’au", "jusqu'à": "jusqu’au", depuis: "depuis le" }, en: { at: "on" } };
const FIELD = /(?:(?<=^|[\s(])(à|jusqu[’']à|depuis|at)(\s))?\{(\w+)\}/g;

/** How many decimals a number was written with. */
function decimalsOf(value) {
  const [digits, exponent = "0"] = String(value).split("e");
  return Math.max(0, (digits.split(".")[1]?.length ?? 0) - Number(exponent));
}

/** `names`: the full name of each login that has one; `zone`: what the reader calls the time of the site. */
export function createFormat({ language, timezone, zone = "", words, names = {} }) {
  const plural = new Intl.PluralRules(language);
  const numbers = new Map();
  const zoned = (options) => new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { timeZone: timezone, ...options });
  const clock = zoned({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const day = zoned({ day: "numeric", month: "short" });
  const dayOfYear = zoned({ day: "numeric", month: "short", year: "numeric" });
  const full = zoned({ dateStyle: "full", timeStyle: "medium" });
  const year = zoned({ year: "numeric" });
  const dayKey = zoned({ year: "numeric", month: "2-digit", day: "2-digit" });
  const wall = new Intl.DateTimeFormat("en-GB", {
    timeZone: timezone,
    ...{ year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23" },
  });
  const units = { day: unit("day"), hour: unit("hour"), minute: unit("minute"), second: unit("second") };

  function unit(name) {
    return new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: name === "day" ? "short" : "narrow" });
  }

  /** What the site's clocks show at an instant, as if it were UTC: ms. */
  function wallClock(moment) {
    const part = Object.fromEntries(wall.formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
  }

  const format = {
    language,

    /** The words of a key with its fields filled in; `n` chooses between `.one` and `.other`. */
    say(key, fields = {}) {
      const text = words[key] ?? words[`${key}.${plural.select(fields.n ?? 0)}`] ?? words[`${key}.other`];
      if (text === undefined) throw new Error(`no words for ${key}`);
      return text.replace(FIELD, (whole, word, space, name) => {
        const value = fields[name];
        if (value === undefined) return whole;
        const told = typeof value === "number" ? format.number(value) : value;
        return word === undefined ? told : `${format.isDated(told) ? (BEFORE_DATES[language]?.[word] ?? word) : word}${space}${told}`;
      });
    },

    isDated: (text) => DATED.test(text),

    has: (key) => words[key] !== undefined,

    /** The key among `key`, `key.one` and `key.other` that says it of a number. */
    choose: (key, n) => [key, `${key}.${plural.select(n)}`, `${key}.other`].find((each) => words[each] !== undefined),

    /** In the reader's language, of a {fr, en} pair of texts, or of tables of them. */
    pick(pair) {
      const told = pair ? (pair[language] ?? pair.fr) : "";
      return typeof told === "string" ? bound(told) : told;
    },

    /** How a person is shown, of whom the login is known. */
    person: (login) => names[login] ?? login,

    quoted: (text) => (language === "en" ? `“${text}”` : `«\u00a0${text}\u00a0»`),

    number(value, digits = 2) {
      if (!numbers.has(digits)) numbers.set(digits, new Intl.NumberFormat(language, { maximumFractionDigits: digits }));
      return numbers.get(digits).format(value);
    },

    /** A number beside the limit it is compared to, with the decimals its side of it needs; a limit beside itself is all digits. */
    beside(value, limit) {
      let digits = Math.max(decimalsOf(limit), Math.max(Math.abs(value), Math.abs(limit)) < 1000 ? 2 : 0);
      while (digits < 20 && Math.sign(Number(value.toFixed(digits)) - limit) !== Math.sign(value - limit)) digits += 1;
      return format.number(value, Math.min(digits, 20));
    },

    /** 41 s, 2 min, 3 h 05, 2 j: as short as an age is read. */
    age(ms) {
      const seconds = Math.max(0, Math.floor(ms / 1000));
      if (seconds < 60) return `${seconds} s`;
      const minutes = Math.floor(seconds / 60);
      if (minutes < 60) return `${minutes} min`;
      const hours = Math.floor(minutes / 60);
      if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, "0")}`;
      return units.day.format(Math.floor(hours / 24));
    },

    /** A length of time in full: 90 s, 2 min, 2 min 30 s, 3 h 05. */
    duration(ms) {
      const seconds = Math.round(ms / 1000);
      const rest = seconds % 60;
      if (seconds < 60 || seconds === 90) return `${seconds} s`;
      return seconds < 3600 && rest ? `${Math.floor(seconds / 60)} min ${rest} s` : format.age(seconds * 1000);
    },

    /** 14:32:07 in the site's zone. */
    clock: (moment) => clock.format(moment),

    /** The clock today, with the day before when it is another day, and with the year when it is another year. */
    when(moment, now = new Date()) {
      const at = new Date(moment);
      const time = clock.format(at);
      if (format.day(at) === format.day(now)) return time;
      return `${(year.format(at) === year.format(now) ? day : dayOfYear).format(at)} ${time}`;
    },

    /** The day of the site at an instant, to be compared. */
    day: (moment) => dayKey.format(moment),

    /** dimanche 22 novembre 2026 à 14:32:07. */
    fully: (moment) => full.format(moment),

    /** The instant of a local time of the site, as a datetime-local field gives it: "2026-11-22T14:30". */
    instant(local) {
      const wall = Date.parse(`${local}Z`);
      const shift = (moment) => wallClock(moment) - moment;
      // The offset at the wall time read as UTC is wrong only near a change of hour; the second look puts that right.
      return new Date(wall - shift(wall - shift(wall)));
    },

    /** "2026-11-22T14:30" of an instant, for a datetime-local field. */
    local: (moment) => new Date(wallClock(moment.getTime())).toISOString().slice(0, 16),

    /** What the reader calls the time of the site: heure de Paris. */
    zone,
  };
  return format;
}

let shared;

/** The page's own format: its language, its site's zone, the words the server gave it. */
export function pageFormat() {
  if (!shared) {
    const { site, names } = JSON.parse(document.getElementById("client").textContent);
    const words = JSON.parse(document.getElementById("words").textContent);
    shared = createFormat({ language: document.documentElement.lang, timezone: site.timezone, zone: site.zone, words, names });
  }
  return shared;
}
