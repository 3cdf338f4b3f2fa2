// The nearest cameras of an asset: moving pictures by address (MJPEG), stills renewed each second (JPEG); one opens large.

import { clone, parts } from "#js/dom.js";

const STILL = /\.(jpe?g|png|webp)(\?|$)/i;
const STILL_MS = 1000;

/** Shows a picture in an img and keeps it moving; answers what stops it. */
export function watch(image, address, onState = () => {}) {
  let timer = null;
  const still = STILL.test(address);
  image.onload = () => {
    onState(true);
    if (still) timer = setTimeout(load, STILL_MS);
  };
  image.onerror = () => {
    onState(false);
    timer = setTimeout(load, 5 * STILL_MS);
  };
  function load() {
    const mark = `${address.includes("?") ? "&" : "?"}at=${Date.now()}`;
    image.src = still || timer !== null ? address + mark : address;
  }
  load();
  return () => {
    clearTimeout(timer);
    image.onload = image.onerror = null;
    image.removeAttribute("src"); // an MJPEG stream ends only when its image lets go
  };
}

/** Fills the list of tiles; answers what stops them all. */
export function showCameras(list, cameras, format) {
  const endings = cameras.map((camera) => {
    const item = clone("camera");
    const tile = item.querySelector(".camera");
    const image = item.querySelector("img");
    const part = parts(item);
    const name = `${camera.code} · ${format.number(camera.distance, 0)} m`;
    part.name.textContent = name;
    part.lost.textContent = format.say("camera.lost");
    image.alt = `${camera.code} ${camera.name}`;
    list.append(item);
    const address = camera.attributes.picture;
    tile.classList.add("dark");
    if (!address) return () => item.remove();
    tile.addEventListener("click", () => enlarge(address, `${name} · ${camera.name}`));
    const stop = watch(image, address, (seen) => tile.classList.toggle("dark", !seen));
    return () => {
      stop();
      item.remove();
    };
  });
  return () => endings.forEach((end) => end());
}

function enlarge(address, name) {
  const dialog = document.getElementById("camera-large");
  const part = parts(dialog);
  part.name.textContent = name;
  part.picture.alt = name;
  const stop = watch(part.picture, address);
  dialog.addEventListener("close", stop, { once: true });
  dialog.showModal();
}
