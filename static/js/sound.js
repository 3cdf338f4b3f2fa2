// The voice of the desk: one pattern of tones per severity, the critical one repeated until somebody acknowledges.
//
// One window speaks for all of this browser (a lock decides which). A browser lets a page sound only after a gesture: until
// then the state is "off" and the button says so. A mute ends by itself.

export const MUTE_MS = 5 * 60 * 1000;
export const REPEAT_MS = 6000;

/** [hertz, start s, length s, loudness] of each tone. */
export const PATTERNS = {
  critical: [[880, 0, 0.14, 0.5], [660, 0.18, 0.14, 0.5], [880, 0.36, 0.14, 0.5], [660, 0.54, 0.2, 0.5]],
  high: [[740, 0, 0.16, 0.35], [588, 0.2, 0.22, 0.35]],
  medium: [[588, 0, 0.18, 0.22]],
  low: [[440, 0, 0.12, 0.12]],
};

/** What is to be said after a change: the worst severity among alarms that have just come to wait. Pure. */
export function worstOf(severities) {
  return Object.keys(PATTERNS).find((severity) => severities.includes(severity)) ?? null;
}

/**
 * createSound({AudioContextClass, now, muted}) → {state(), mute(), unmute(), allow(), play(severity), repeat(wanted)}
 *
 * muted: {until ms}, read and written here so that every window of the desk shares it.
 */
export function createSound({ AudioContextClass, now = () => Date.now(), muted, leads = () => true, onChange = () => {} }) {
  let context = null;
  let repeating = null;

  const ready = () => context !== null && context.state === "running";

  const sound = {
    /** {state: "on" | "off" | "muted", left ms} */
    state() {
      const left = muted.until - now();
      if (left > 0) return { state: "muted", left };
      return { state: ready() ? "on" : "off", left: 0 };
    },

    /** Call from a gesture of the person: the only moment a browser lets sound begin. */
    async allow() {
      context ??= new AudioContextClass();
      if (context.state !== "running") await context.resume();
      onChange();
    },

    mute() {
      muted.until = now() + MUTE_MS;
      onChange();
    },

    unmute() {
      muted.until = 0;
      onChange();
    },

    play(severity) {
      if (sound.state().state !== "on" || !leads()) return false;
      const start = context.currentTime + 0.02;
      for (const [hertz, from, length, loudness] of PATTERNS[severity]) tone(hertz, start + from, length, loudness);
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
