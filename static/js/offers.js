// What can be connected: the list is narrowed as one writes.

const form = document.getElementById("seek");
const none = document.getElementById("none-found");
const groups = [...document.querySelectorAll(".offers")];
const plain = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

function narrow() {
  const words = plain(form.elements.q.value).split(/\s+/).filter(Boolean);
  let found = 0;
  for (const group of groups) {
    let here = 0;
    for (const one of group.querySelectorAll("li")) {
      one.hidden = !words.every((word) => one.dataset.sought.includes(word));
      here += !one.hidden;
    }
    group.hidden = !here;
    found += here;
  }
  none.hidden = found > 0;
}

form.hidden = false;
form.addEventListener("input", narrow);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  document.querySelector(".offers:not([hidden]) li:not([hidden]) a")?.focus();
});
