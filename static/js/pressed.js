// A sign on the button that was pressed, while what it asked for is on its way: a button that only dims reads as dead.

/** Milliseconds within which an act follows its press. */
const FOLLOWS = 1500;
/** Milliseconds after which a page that was sent, and did not come, shows no sign any more: it answered with a file. */
const LONGEST = 20_000;

let last = null;

function mark(button) {
  const marks = Number(button.dataset.marks ?? 0) + 1;
  button.dataset.marks = marks;
  button.setAttribute("aria-busy", "true");
  return () => {
    button.dataset.marks -= 1;
    if (Number(button.dataset.marks) > 0) return;
    delete button.dataset.marks;
    button.removeAttribute("aria-busy");
  };
}

/** Marks what was pressed last, if that was just now; answers how the mark is taken away. */
export function markPressed(now = performance.now()) {
  return last && now - last.at < FOLLOWS && last.button.isConnected ? mark(last.button) : () => {};
}

/** Watches what is pressed, and marks the button of a form that leaves the page. */
export function keepPressed(root = document) {
  root.addEventListener(
    "click",
    ({ target }) => {
      const button = target.closest?.("button");
      last = button && { button, at: performance.now() };
    },
    { capture: true },
  );
  root.addEventListener("submit", (event) => {
    if (event.defaultPrevented || !event.submitter || event.target.method === "dialog") return;
    const done = mark(event.submitter);
    setTimeout(done, LONGEST);
    addEventListener("pageshow", ({ persisted }) => persisted && done(), { once: true });
  });
}
