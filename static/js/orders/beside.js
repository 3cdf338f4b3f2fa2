// Beside the alarm that is looked at: the open work orders about it or its asset, live.

import { setChildren } from "#js/dom.js";

/** mount(element, {store, format, given}): `element` is hidden while there is none. */
export function mount(element, { store, format, given }) {
  function paint() {
    const row = store.selected === null ? null : store.get(store.selected);
    const about = (order) => order.alarm === row.id || (row.asset && order.asset?.id === row.asset.id);
    const orders = row ? [...store.rows("work_order").values()].filter(about) : [];
    element.hidden = orders.length === 0;
    setChildren(
      element,
      orders
        .sort((a, b) => a.number - b.number)
        .map((order) => {
          const link = document.createElement("a");
          link.href = `/sites/${given.site.slug}/work-orders/${order.id}`;
          const told = format.say("order.beside", { n: order.number, contractor: order.contractor.name, state: format.pick(order.state_name) });
          link.textContent = order.late ? `${told} · ${format.say("order.late")}` : told;
          return link;
        }),
    );
  }
  store.subscribe(paint);
  paint();
}
