// One hand-over to read and to print.

import { on } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { keepTimes, sayTimes } from "#js/times.js";

on(document.getElementById("print"), "click", () => window.print());
sayTimes(document, desk.format);
keepTimes(desk.format);
