// The link to the site's live channel: keeps the socket open, comes back by itself, and knows whether it is live, late or cut.
//
// The server sends a pulse every 2 s. What counts as heard is any frame.

/** Of what the frames say, as the server has it: another one refuses this page, which then asks to be loaded again. */
export const VERSION = 2;
export const PULSE_MS = 2000;
export const LATE_MS = 5000;
export const CUT_MS = 15000;

/** How the server closes after saying why; these will not be otherwise by asking again. */
const FINAL = { 4400: "message", 4401: "session", 4403: "rights", 4404: "rights" };

/** "opening" | "live" | "late" | "cut" | "refused", and the seconds since anything was heard. Pure. */
export function linkState({ open, heardAt, openedOnce, refused = false }, now) {
  const silence = heardAt === null ? null : now - heardAt;
  const seconds = silence === null ? null : Math.floor(silence / 1000);
  if (refused) return { state: "refused", seconds };
  if (!openedOnce) return { state: "opening", seconds };
  if (!open || silence === null || silence > CUT_MS) return { state: "cut", seconds };
  return { state: silence > LATE_MS ? "late" : "live", seconds };
}

/** Milliseconds before the n-th try in a row (from 0): doubles to 15 s, spread so that a hundred desks do not come at once. */
export function backoff(tries, random = Math.random()) {
  const most = Math.min(15000, 500 * 2 ** tries);
  return most / 2 + (most / 2) * random;
}

/**
 * connect({url(since), store, onFrame, onLink, WebSocketClass, now}) → {state(), retry(), close()}
 *
 * url answers the address for a number to go on from, or null for a snapshot. onLink is called on every change and each second.
 * onRefused("session" | "rights" | "message") is called once, when the server refuses for good: nothing is tried again after it.
 */
export function connect({
  url,
  store,
  onFrame = () => {},
  onLink = () => {},
  onRefused = () => {},
  WebSocketClass = WebSocket,
  now = () => Date.now(),
}) {
  const link = { open: false, heardAt: null, openedOnce: false, refused: false };
  let socket = null;
  let tries = 0;
  let timer = null;
  let ended = false;

  const tell = () => onLink(linkState(link, now()));

  function open() {
    clearTimeout(timer);
    timer = null;
    const mine = (socket = new WebSocketClass(url(store.seq)));
    mine.onopen = () => {
      link.open = true;
    };
    mine.onmessage = ({ data }) => {
      if (mine === socket) hear(JSON.parse(data));
    };
    mine.onclose = ({ code }) => {
      if (mine !== socket) return;
      if (FINAL[code]) refuse(FINAL[code]);
      lose();
    };
  }

  function hear(frame) {
    if (frame.type === "refused") return undefined; // why is in the code with which it closes next
    link.heardAt = now();
    link.openedOnce = true;
    tries = 0;
    const since = store.apply(frame);
    onFrame(frame);
    tell();
    if (since !== null) reopen(); // a number was missed: the server tells the range again from store.seq
    return undefined;
  }

  function refuse(why) {
    ended = true;
    link.refused = true;
    onRefused(why);
  }

  function reopen() {
    const old = socket;
    socket = null;
    old.close();
    open();
  }

  function lose() {
    link.open = false;
    socket = null;
    if (!ended) {
      timer ??= setTimeout(open, backoff(tries));
      tries += 1;
    }
    tell();
  }

  const beat = setInterval(() => {
    tell();
    // A socket nobody closed on a line nobody answers on: give it up and try another.
    if (link.open && link.heardAt !== null && now() - link.heardAt > CUT_MS && socket) {
      link.heardAt = now() - CUT_MS;
      const dead = socket;
      dead.onclose = null;
      dead.close();
      lose();
    }
  }, 1000);

  open();
  return {
    state: () => linkState(link, now()),
    retry() {
      if (!socket && !ended) {
        tries = 0;
        open();
      }
    },
    close() {
      ended = true;
      clearTimeout(timer);
      clearInterval(beat);
      socket?.close();
    },
  };
}
