// Beside the alarm or incident that is looked at: the open work orders about it or its asset, live.

import { setChildren } from "#js/dom.js";

/** mount(element, {store, format, given, about}): `about()` names what is looked at, {alarm, incident}; hidden while there is none. */
export function mount(element, { store, format, given, about }) {
  function paint() {
    const { alarm, incident } = about();
    const asset = alarm ? store.get(alarm)?.asset?.id : undefined;
    const mine = (order) =>
      alarm ? order.alarm === alarm || (asset !== undefined && order.asset?.id === asset) : incident && order.incident?.id === incident;
    const orders = [...store.rows("work_order").values()].filter(mine);
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
