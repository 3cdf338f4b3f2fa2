// The filters of a list of the past: in the form, in the address, as chips; and the views that are saved of them.

import { openDialog } from "#js/dialog.js";
import { asOneTypes, on } from "#js/dom.js";
import { insist } from "#js/insist.js";
import { showRefusal } from "#js/toast.js";

/** The query string of a form: fields that are empty are left out, several choices of one joined by commas. */
export function queryOf(form) {
  const query = new URLSearchParams();
  for (const name of new Set([...new FormData(form)].map(([name]) => name))) {
    const values = new FormData(form).getAll(name).filter((value) => value !== "");
    if (values.length) query.set(name, values.join(","));
  }
  return query;
}

/** Sets the fields of a form to a query string, those that it does not name to nothing. */
export function fill(form, query) {
  for (const field of form.elements) {
    if (!field.name) continue;
    const value = query.get(field.name) ?? "";
    if (field.type === "checkbox") field.checked = value.split(",").includes(field.value);
    else field.value = value;
  }
}

/** Calls `show(query)` when a filter is set or taken away, and keeps the address true. */
export function followFilters(form, holder, show) {
  const shown = (query) => {
    history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
    show(query);
  };
  asOneTypes(form, () => shown(queryOf(form)));
  on(holder, "click", (event) => {
    const chip = event.target.closest("[data-query]");
    if (!chip || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const query = new URLSearchParams(chip.dataset.query);
    fill(form, query);
    shown(query);
    form.querySelector("input").focus();
  });
}

/** Saving and removing views of a page. */
export function keepViews(page, site, form) {
  const dialog = document.getElementById("saving-view");
  const fields = dialog.querySelector("form").elements;
  const done = async (work) => {
    try {
      await work;
      location.reload();
    } catch (error) {
      showRefusal(error);
    }
  };
  on(document.getElementById("save-view"), "click", async () => {
    const saved = openDialog(dialog);
    fields.name.focus();
    if (!(await saved)) return;
    const body = { page, name: fields.name.value, query: String(queryOf(form)), shared: Boolean(fields.shared?.checked) };
    await done(insist("POST", `/sites/${site}/views`, body));
  });
  for (const button of document.querySelectorAll("[data-remove]")) {
    on(button, "click", () => done(insist("DELETE", `/views/${button.dataset.remove}`)));
  }
}
