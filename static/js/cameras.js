// The nearest cameras of an asset: stills, renewed each second by the control room; one opens large.

import { openDialog } from "#js/dialog.js";
import { clone, parts } from "#js/dom.js";
import { openCamera } from "#js/windows.js";

const RENEWED_MS = 1000;
const RETRIED_MS = 5000;

/** Shows a picture in an img and keeps it new; answers what stops it. */
export function watch(image, address, onState = () => {}) {
  let timer = null;
  const load = () => {
    if (document.hidden) timer = setTimeout(load, RENEWED_MS);
    else image.src = `${address}?at=${Date.now()}`;
  };
  image.onload = () => {
    onState(true);
    timer = setTimeout(load, RENEWED_MS);
  };
  image.onerror = () => {
    onState(false);
    timer = setTimeout(load, RETRIED_MS);
  };
  load();
  return () => {
    clearTimeout(timer);
    image.onload = image.onerror = null;
    image.removeAttribute("src");
  };
}

/** Fills the list of tiles with cameras of a site; answers what stops them all. */
export function showCameras(list, cameras, site, format) {
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
    tile.classList.add("dark");
    if (!camera.attributes.picture) return () => item.remove();
    const address = `/sites/${site}/cameras/${camera.id}/picture`;
    tile.addEventListener("click", () => enlarge(`/sites/${site}/cameras/${camera.id}`, `${name} · ${camera.name}`));
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
  part.away.href = address;
  part.away.onclick = (event) => {
    openCamera(event, address);
    dialog.close();
  };
  const stop = watch(part.picture, `${address}/picture`, (seen) => (part.lost.hidden = seen));
  openDialog(dialog).then(stop);
}
