// A camera in a window of its own: its picture, kept new, as large as the window.

import { watch } from "#js/cameras.js";

const picture = document.getElementById("picture");
const lost = document.getElementById("lost");

watch(picture, picture.dataset.address, (seen) => {
  lost.hidden = seen;
  picture.classList.toggle("dark", !seen);
});
