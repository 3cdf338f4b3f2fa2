// Work orders on the sheet of an asset: one more is ordered there, and those of others appear.

import { desk } from "#js/frame.js";
import { ordering } from "#js/orders/ask.js";
import { piece } from "#js/piece.js";
import { sayTimes } from "#js/times.js";

const SOON_MS = 400;
const { format, given, store } = desk;
const holder = document.getElementById("asset-orders-box");
const asset = JSON.parse(holder.dataset.asset);
const replace = piece(holder, { prepare: (content) => sayTimes(content, format), yields: () => false });
const ask = document.getElementById("order-work") && ordering({ format, given });
let due = 0;

async function refresh() {
  due = 0;
  const here = document.activeElement?.id === "order-here";
  if ((await replace("part=orders")) && here) document.getElementById("order-here")?.focus();
}

holder.addEventListener("click", ({ target }) => target.closest("#order-here") && ask({ asset }));
store.subscribe(({ told }) => {
  if (told?.work_order?.some((row) => row.asset?.id === asset.id)) due ||= setTimeout(refresh, SOON_MS);
});
