// Saved views of the desk's list: its filters and its order under a name, a person's own and those that others share.

import { openDialog } from "#js/dialog.js";
import { on } from "#js/dom.js";
import { insist } from "#js/insist.js";
import { read, written } from "#js/map/geometry.js";
import { showRefusal, toast } from "#js/toast.js";

/** The filters and the order of a list as a query; what is as it usually is says nothing. */
export function queryOf({ severities, scope, text, sector, kinds, named, zone }, order) {
  const told = {
    ...{ severity: [...severities].join(), scope: scope === "open" ? "" : scope, q: text, sector },
    ...{ kind: [...kinds].join(), named: kinds.size ? named : "", order: order === "worst" ? "" : order, zone: zone ? written(zone) : "" },
  };
  return String(new URLSearchParams(Object.entries(told).filter(([, value]) => value !== "")));
}

/** The filters that a query names, and its order. */
export function filtersOf(query) {
  const asked = new URLSearchParams(query);
  const several = (name) => new Set((asked.get(name) ?? "").split(",").filter(Boolean));
  const one = (name, usual = "") => asked.get(name) ?? usual;
  return {
    order: one("order", "worst"),
    filters: {
      severities: several("severity"),
      scope: one("scope", "open"),
      text: one("q"),
      sector: one("sector"),
      kinds: several("kind"),
      named: one("named"),
      zone: read(one("zone")),
    },
  };
}

/** mountViews(select, {store, view, format, site, sort}): a choice sets the list; the last two options keep and remove a view. */
export function mountViews(select, { store, view, format, site, sort }) {
  const dialog = document.getElementById("saving-view");
  const { elements } = dialog.querySelector("form");
  const remove = select.querySelector('[value="remove"]');
  const search = document.getElementById("search");
  let shown = null; // the option of the view that the list stands by

  const now = () => queryOf(store.filters, view.order);

  function show(option) {
    const { filters, order } = filtersOf(option?.dataset.query ?? "");
    store.filter({ ...filters, incident: null, cause: null });
    search.value = filters.text;
    sort(order);
    stand(option);
  }

  function stand(option) {
    shown = option;
    select.value = option?.value ?? "";
    remove.hidden = option?.dataset.removable === undefined;
  }

  async function save() {
    const saved = openDialog(dialog);
    elements.name.value = shown?.dataset.name ?? "";
    elements.name.focus();
    stand(shown);
    if (!(await saved)) return;
    const body = { page: "desk", name: elements.name.value, query: now(), shared: Boolean(elements.shared?.checked) };
    const kept = await insist("POST", `/sites/${site}/views`, body);
    const option =
      select.querySelector(`[value="${kept.id}"]`) ?? select.insertBefore(document.createElement("option"), select.querySelector('[value="save"]'));
    Object.assign(option, { value: kept.id, textContent: kept.name });
    Object.assign(option.dataset, { query: kept.query, name: kept.name, removable: "" });
    stand(option);
    toast(format.say("views.kept", { name: kept.name }));
  }

  async function forget() {
    const option = shown;
    await insist("DELETE", `/views/${option.value}`);
    option.remove();
    stand(null);
    toast(format.say("views.removed", { name: option.dataset.name }));
  }

  on(select, "change", async () => {
    try {
      if (select.value === "save") await save();
      else if (select.value === "remove") await forget();
      else show(select.selectedOptions[0].dataset.query === undefined ? null : select.selectedOptions[0]);
    } catch (error) {
      stand(shown);
      showRefusal(error);
    }
  });
  // A view whose filters were changed is no longer what the list shows.
  store.subscribe((change) => {
    if (change.filters && shown && now() !== shown.dataset.query && select.value === shown.value) select.value = "";
  });
}
