// Which window of this browser speaks: a lock that only a window holds that can sound, and that every window can ask about.

const NAME = "vigie-sound";

/** createVoice({locks, onChange}) → {take(), drop(), mine(), taken(), look()} */
export function createVoice({ locks = navigator.locks, onChange = () => {} } = {}) {
  let release = null;
  let asking = null;
  let taken = false;

  const voice = {
    /** Speak as soon as no other window does. Idempotent. */
    take() {
      if (asking) return;
      asking = new AbortController();
      locks
        .request(NAME, { signal: asking.signal }, () => {
          taken = true;
          onChange();
          return new Promise((resolve) => (release = resolve)); // held until this window can sound no more, or closes
        })
        .catch((error) => {
          if (error.name !== "AbortError") throw error;
        });
    },

    drop() {
      if (release) release();
      else asking?.abort();
      release = asking = null;
    },

    mine: () => release !== null,

    /** Whether any window speaks, as of the last look. */
    taken: () => release !== null || taken,

    async look() {
      const { held } = await locks.query();
      const now = held.some(({ name }) => name === NAME);
      if (now === taken) return;
      taken = now;
      onChange();
    },
  };
  return voice;
}
