// What is only worth doing once the hand rests: a key that is held down asks thirty times a second.

/** atRest(work, ms) → {soon(), now(), stop()}: `work` is called once, when nothing was asked for that long; `now` does what waits at once. */
export function atRest(work, ms) {
  let timer = 0;

  function stop() {
    clearTimeout(timer);
    timer = 0;
  }

  function now() {
    if (!timer) return;
    stop();
    work();
  }

  return {
    soon() {
      clearTimeout(timer);
      timer = setTimeout(now, ms);
    },
    now,
    stop,
  };
}
