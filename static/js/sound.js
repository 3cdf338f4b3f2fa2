// The voice of the desk: one pattern of tones per severity, the critical one repeated until somebody acknowledges.
//
// One window speaks for all of this browser: the first that can. A browser lets a page sound after a gesture, or at once where it is used
// all day; a window that may not sound never takes the voice from one that may. A mute ends by itself.

export const MUTE_MS = 5 * 60 * 1000;
export const REPEAT_MS = 6000;
/** However low somebody has turned it, an alarm is heard. */
export const LEAST_VOLUME = 0.2;

/** [hertz, start s, length s, loudness] of each tone. */
export const PATTERNS = {
  critical: [
    [880, 0, 0.14, 0.5],
    [660, 0.18, 0.14, 0.5],
    [880, 0.36, 0.14, 0.5],
    [660, 0.54, 0.2, 0.5],
  ],
  high: [
    [740, 0, 0.16, 0.35],
    [588, 0.2, 0.22, 0.35],
  ],
  medium: [[588, 0, 0.18, 0.22]],
  low: [[440, 0, 0.12, 0.12]],
};

/** Not an alarm: nothing is heard of the control room any more. */
const CUT = [
  [330, 0, 0.3, 0.4],
  [220, 0.34, 0.5, 0.4],
];

/** What is to be said after a change: the worst severity among alarms that have just come to wait. Pure. */
export function worstOf(severities) {
  return Object.keys(PATTERNS).find((severity) => severities.includes(severity)) ?? null;
}

/**
 * createSound({AudioContextClass, voice, now, muted, volume, onChange}) → {state(), mute(), unmute(), allow(), begin(), play(severity), cut(), test(), repeat(wanted)}
 *
 * muted: {until ms}, read and written here so that every window of the desk shares it.
 * volume: () → 0.2 to 1, of every tone.
 * voice: {take(), drop(), mine(), taken()} — which window speaks; see voice.js.
 */
export function createSound({ AudioContextClass, voice, now = () => Date.now(), muted, volume = () => 1, onChange = () => {} }) {
  let context = null;
  let repeating = null;

  const ready = () => context !== null && context.state === "running";

  function open() {
    context = new AudioContextClass();
    context.onstatechange = () => {
      if (ready()) voice.take();
      else voice.drop();
      onChange();
    };
  }

  async function resume() {
    if (context === null) open();
    if (!ready()) await context.resume();
    if (ready()) voice.take();
    onChange();
  }

  const sound = {
    /** {state: "on" | "elsewhere" | "off" | "muted", left ms}: this window speaks, another one does, none can, none shall */
    state() {
      const left = muted.until - now();
      if (left > 0) return { state: "muted", left };
      if (ready()) return { state: voice.mine() ? "on" : "elsewhere", left: 0 };
      return { state: voice.taken() ? "elsewhere" : "off", left: 0 };
    },

    /** Call from a gesture of the person: the moment at which every browser lets sound begin. */
    allow: resume,

    /** Try without a gesture, when the page opens: a browser that is used all day allows it. */
    begin() {
      resume().catch(() => {}); // not allowed yet: the button says so, and the first gesture tries again
    },

    mute() {
      muted.until = now() + MUTE_MS;
      onChange();
    },

    unmute() {
      muted.until = 0;
      onChange();
    },

    play: (severity) => say(PATTERNS[severity]),

    cut: () => say(CUT),

    /** What a critical alarm sounds like, from this very window; answers whether it could. */
    async test() {
      await resume();
      if (!ready()) return false;
      tones(PATTERNS.critical);
      return true;
    },

    /** While wanted, the critical pattern comes back. */
    repeat(wanted) {
      if (wanted && repeating === null) repeating = setInterval(() => sound.play("critical"), REPEAT_MS);
      if (!wanted && repeating !== null) {
        clearInterval(repeating);
        repeating = null;
      }
    },
  };

  function say(pattern) {
    if (sound.state().state !== "on") return false;
    tones(pattern);
    return true;
  }

  function tones(pattern) {
    const start = context.currentTime + 0.02;
    const turned = Math.max(LEAST_VOLUME, Math.min(1, volume()));
    for (const [hertz, from, length, loudness] of pattern) tone(hertz, start + from, length, loudness * turned);
  }

  function tone(hertz, start, length, loudness) {
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    oscillator.type = "triangle";
    oscillator.frequency.value = hertz;
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(loudness, start + 0.015);
    gain.gain.setValueAtTime(loudness, start + length - 0.03);
    gain.gain.linearRampToValueAtTime(0, start + length);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(start);
    oscillator.stop(start + length);
  }

  return sound;
}
