// Figures that people type: with a comma or a point, blanks between thousands. A number field of a browser in another language
// drops the comma, and 3,4 becomes 34.

/** The number that a text means; NaN for none. Pure. */
export function figureIn(text) {
  const plain = text
    .trim()
    .replaceAll(/[\s\u00a0\u202f]/g, "")
    .replace("−", "-");
  return /^[-+]?(\d+([.,]\d*)?|[.,]\d+)(e[-+]?\d+)?$/i.test(plain) ? Number(plain.replace(",", ".")) : Number.NaN;
}

/** Whether so many steps are whole ones, but for what a binary fraction cannot say. Pure. */
export const isStep = (steps) => Math.abs(steps - Math.round(steps)) < 1e-6;

/** Makes a text field one of a figure: what is none, or is beyond the bounds, is refused by the form with `say(key, values)`. */
export function asFigure(input, { minimum = null, maximum = null, step = null, say }) {
  Object.assign(input, { type: "text", inputMode: "decimal", autocomplete: "off" });
  const judge = () => {
    const said = input.value === "" ? null : figureIn(input.value);
    let fault = "";
    if (Number.isNaN(said)) fault = say("figure.none");
    else if (said !== null && minimum !== null && said < minimum) fault = say("figure.least", { n: minimum });
    else if (said !== null && maximum !== null && said > maximum) fault = say("figure.most", { n: maximum });
    else if (said !== null && step !== null && !isStep((said - (minimum ?? 0)) / step)) fault = say("figure.step", { n: step });
    input.setCustomValidity(fault);
  };
  input.addEventListener("input", judge);
}
