// The page that stands for another while the server is away: says since when, and gives way as soon as it answers. No module: kept alone.

(() => {
  const seen = Number(localStorage.getItem("vigie.seen"));
  if (seen) {
    for (const said of document.querySelectorAll("[data-since]")) {
      const form = { dateStyle: Date.now() - seen > 72_000_000 ? "medium" : undefined, timeStyle: "short" };
      said.querySelector("b").textContent = new Intl.DateTimeFormat(said.dataset.since, form).format(seen);
      said.hidden = false;
    }
  }

  async function look() {
    try {
      const answer = await fetch("/health/live", { cache: "no-store" });
      if (answer.ok) location.reload();
    } catch {
      // still away
    }
  }

  setInterval(look, 5000);
  addEventListener("online", look);
})();
