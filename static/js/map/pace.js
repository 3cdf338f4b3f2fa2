// How much of its time the map may take. Without a graphics card one drawing takes half a second of the page: the list comes first.
//
// What changes by itself is then drawn at most a third of the time, and coarsely while changes keep coming; a hand on the map is
// answered at once, and what stands still is sharp.

const SMOOTH = 60; // ms a drawing may take before it counts as slow
const MOST_REST = 3000;
const COARSE_FROM = 150; // ms
const SHARP_AFTER = 2000;

/** How long to rest after a drawing that took so many ms. Pure. */
export function restAfter(cost) {
  return cost > SMOOTH ? Math.min(MOST_REST, 2 * cost) : 0;
}

/** keepPace(map) → {untilRest(): ms to wait before the next change is worth sending, changing(), stop()} */
export function keepPace(map) {
  const draw = map.triggerRepaint.bind(map);
  const sharp = map.getPixelRatio();
  let restUntil = 0; // on the clock of performance.now()
  let cost = 0;
  let timer = 0;
  let sharpening = 0;

  const left = () => Math.max(0, restUntil - performance.now());

  map.triggerRepaint = () => {
    if (map.isMoving() || left() === 0) return draw();
    timer ||= setTimeout(() => {
      timer = 0;
      draw();
    }, left());
    return map;
  };

  map.on("render", measure);

  /** The page is busy with a drawing until its next frame comes. */
  function measure() {
    const begun = performance.now();
    requestAnimationFrame(() => {
      cost = performance.now() - begun;
      restUntil = performance.now() + restAfter(cost);
    });
  }

  function ratio(wanted) {
    if (map.getPixelRatio() !== wanted) map.setPixelRatio(wanted);
  }

  return {
    untilRest: left,

    /** The map is about to be changed. */
    changing() {
      if (cost < COARSE_FROM && map.getPixelRatio() === sharp) return;
      ratio(sharp / 2);
      clearTimeout(sharpening);
      sharpening = setTimeout(() => ratio(sharp), SHARP_AFTER);
    },

    stop() {
      clearTimeout(timer);
      clearTimeout(sharpening);
    },
  };
}
