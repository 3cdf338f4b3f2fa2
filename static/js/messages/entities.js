// The form of entities: filled with what is known of the chosen one, and saved as a whole.

import { on } from "#js/dom.js";
import { insist } from "#js/insist.js";
import { named } from "#js/messages/compose.js";
import { showRefusal } from "#js/toast.js";

/** keepEntities(form, {given}): the page is loaded again after a change, for its lists name entities too. */
export function keepEntities(form, { given }) {
  const known = JSON.parse(document.getElementById("entities-known").textContent);
  const { known: which, name_fr, name_en, contact, retired } = form.elements;
  const members = () => [...form.querySelectorAll("[name=members]")];

  on(which, "change", () => {
    const one = known.find(({ slug }) => slug === which.value);
    name_fr.value = one?.name.fr ?? "";
    name_en.value = one?.name.en ?? "";
    contact.value = one?.contact ?? "";
    retired.checked = Boolean(one?.retired_at);
    for (const box of members()) box.checked = one?.members.includes(box.value) ?? false;
  });
  on(form, "submit", async (event) => {
    event.preventDefault();
    const slug = which.value || named(name_fr.value)[0]?.id.replace(/-1$/, "");
    const chosen = members().filter((box) => box.checked);
    const told = { name_fr: name_fr.value, name_en: name_en.value, contact: contact.value, retired: retired.checked };
    try {
      await insist("PUT", `/sites/${given.site.slug}/entities/${slug}`, { ...told, members: chosen.map((box) => box.value) });
      location.reload();
    } catch (error) {
      showRefusal(error);
    }
  });
}
