// Answers that come in another order than they were asked for: what is older than what is on the screen stays off it.

/** inTurn() → ask: `const newest = ask()` before a request, `newest()` after it says whether no later one has been answered. */
export function inTurn() {
  let asked = 0;
  let answered = 0;
  return () => {
    const number = ++asked;
    return () => {
      if (number < answered) return false;
      answered = number;
      return true;
    };
  };
}
