// When the map may be drawn. Without a graphics card one drawing holds the page for a third of a second: the list comes first.
//
// A hand on the map is answered at once. What changes by itself, as tiles that arrive, waits while the rest of the page is at work,
// and is then drawn at most a third of the time.

const SMOOTH = 60; // ms a drawing may take before it counts as slow
const MOST_REST = 3000;
const QUIET = 300; // ms for which the page must have been left alone

/** How long to rest after a drawing that took so many ms. Pure. */
export function restAfter(cost) {
  return cost > SMOOTH ? Math.min(MOST_REST, 2 * cost) : 0;
}

/** When a drawing that was asked for may begin: others' work puts it off, but not for ever. Pure. */
export function dueAt({ askedAt, restUntil, busyUntil }) {
  return Math.max(askedAt, restUntil, Math.min(busyUntil, askedAt + MOST_REST));
}

/** keepPace(map) → {busy(): the page is at work elsewhere, slow: whether a drawing holds the page, stop()} */
export function keepPace(map) {
  const draw = map.triggerRepaint.bind(map);
  let askedAt = 0; // on the clock of performance.now(), as all of them
  let restUntil = 0;
  let busyUntil = 0;
  let cost = 0;
  let timer = 0;

  const slow = () => cost > SMOOTH;

  function wait() {
    clearTimeout(timer);
    const left = dueAt({ askedAt, restUntil, busyUntil }) - performance.now();
    timer = left > 0 ? setTimeout(wait, left) : 0;
    if (!timer) draw();
  }

  map.triggerRepaint = () => {
    if (!slow() || map.isMoving()) draw();
    else if (!timer) {
      askedAt = performance.now();
      wait();
    }
    return map;
  };

  /** The page is busy with a drawing until its next frame comes. */
  function measure() {
    const begun = performance.now();
    requestAnimationFrame(() => {
      cost = performance.now() - begun;
      restUntil = performance.now() + restAfter(cost);
    });
  }

  /** Another view was asked for, by somebody: no rest before it. */
  function moved() {
    restUntil = 0;
    if (timer) wait();
  }

  /** Another size leaves the picture empty until it is drawn. */
  function resized() {
    busyUntil = 0;
    moved();
  }

  map.on("render", measure);
  map.on("move", moved);
  map.on("resize", resized);
  return {
    get slow() {
      return slow();
    },

    busy() {
      busyUntil = performance.now() + QUIET;
    },

    stop() {
      clearTimeout(timer);
    },
  };
}
