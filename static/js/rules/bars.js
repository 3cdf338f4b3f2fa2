// Bars of counts, what is tried solid and what is active in outline, as plain SVG without any style of its own.

const NS = "http://www.w3.org/2000/svg";
const HEIGHT = 100;
const MOST_LABELS = 12;

/** `counts`: [{label, count, other}…]; say(bar) is what a bar tells. */
export function bars(element, counts, say) {
  const most = Math.max(1, ...counts.flatMap(({ count, other }) => [count, other]));
  const width = counts.length * 10;
  const svg = node("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  counts.forEach((bar, index) => {
    const group = node("g", {});
    const title = node("title", {});
    title.textContent = say(bar);
    group.append(title, node("rect", { class: "hit", x: index * 10, y: 0, width: 10, height: HEIGHT }));
    if (bar.count) group.append(block("solid", index, bar.count / most));
    if (bar.other) group.append(block("outline", index, bar.other / most));
    svg.append(group);
  });
  const step = Math.ceil(counts.length / MOST_LABELS);
  const labels = document.createElement("div");
  labels.className = "bar-labels";
  counts.forEach(({ label }, index) => {
    const mark = document.createElement("span");
    mark.textContent = index % step ? "" : label;
    labels.append(mark);
  });
  const least = document.createElement("span");
  least.className = "most";
  least.textContent = String(most);
  const table = document.createElement("p");
  table.className = "unseen";
  table.textContent = counts
    .filter(({ count, other }) => count || other)
    .map(say)
    .join("; ");
  element.replaceChildren(least, svg, labels, table);
}

const block = (name, index, share) =>
  node("rect", { class: name, x: index * 10 + 1.5, y: HEIGHT - share * 96, width: 7, height: share * 96, "vector-effect": "non-scaling-stroke" });

function node(name, given) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(given)) made.setAttribute(key, value);
  return made;
}
