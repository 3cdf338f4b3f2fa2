// The annunciations that a figure is made of: their times as the site's clock showed them.

import { desk } from "#js/frame.js";
import { keepTimes, sayTimes } from "#js/times.js";

sayTimes(document, desk.format);
keepTimes(desk.format);
