// Ordering work: from whom and how urgently, as the contracts propose it and why, and what is due when.

import { openDialog } from "#js/dialog.js";
import { parts, setText } from "#js/dom.js";
import { insist } from "#js/insist.js";
import { forgetRefusal, showRefusal, toast } from "#js/toast.js";

const PRIORITIES = ["urgent", "high", "normal", "low"];

/** What a proposal says is due of a priority, as a sentence. Pure but for the format. */
export function dueLine(proposal, priority, format) {
  const due = proposal?.priorities.find((each) => each.priority === priority);
  if (!due) return format.say("order.nothing_due");
  const when = (at) => (at ? format.when(at) : "—");
  return format.say("order.due", { accept: when(due.accept_due), arrive: when(due.arrive_due), restore: when(due.restore_due) });
}

/** ordering({format, given}) → ask({asset, alarm, incident, fault}): a promise of the order that was made, or null. */
export function ordering({ format, given }) {
  const dialog = document.getElementById("order-work");
  const form = dialog.querySelector("form");
  const part = parts(dialog);
  const path = `/sites/${given.site.slug}/work-orders`;
  const { from, priority, fault } = form.elements;
  let proposals = [];

  const chosen = () => proposals.find((each) => `${each.contract}` === from.value);

  function paintDue() {
    setText(part.due, dueLine(chosen(), priority.value, format));
  }

  function paint() {
    const proposal = chosen();
    setText(part.reason, proposal ? format.pick(proposal.reason) : format.say("order.none"));
    const named = proposal?.priorities.map((each) => [each.priority, format.pick(each.priority_name)]) ?? names;
    priority.replaceChildren(...named.map(([value, name]) => new Option(name, value)));
    priority.value = proposal?.priority ?? "normal";
    paintDue();
  }

  const names = PRIORITIES.map((each) => [each, format.say(`priority.${each}`)]);

  /** The contracts that serve the asset; without any, whoever works for the site. */
  async function offer({ asset, alarm }) {
    const asked = new URLSearchParams(alarm ? { alarm, ...(asset && { asset: asset.id }) } : { asset: asset.id });
    proposals = await insist("GET", `${path}/proposals?${asked}`);
    const others = proposals.length ? [] : (await insist("GET", `/sites/${given.site.slug}/contractors`)).filter((each) => !each.retired_at);
    from.replaceChildren(
      ...proposals.map((each) => new Option(`${each.contractor.name} · ${each.reference}`, each.contract)),
      ...others.map((each) => new Option(each.name, `/${each.slug}`)),
    );
    paint();
  }

  from.addEventListener("change", paint);
  priority.addEventListener("change", paintDue);

  async function send({ asset, alarm, incident, sector }) {
    const body = { fault: fault.value, priority: priority.value };
    if (from.value.startsWith("/")) body.contractor = from.value.slice(1);
    else body.contract = Number(from.value);
    if (asset) body.asset = asset.code;
    else if (sector) body.sector = sector.slug;
    if (alarm) body.alarm = alarm;
    if (incident) body.incident = incident;
    const order = await insist("POST", path, body);
    const about = format.say("order.made_of", { contractor: order.contractor.name, priority: format.pick(order.priority_name) });
    toast(format.say("order.made", { n: order.number }), about);
    forgetRefusal();
    return order;
  }

  return async (about) => {
    try {
      form.reset();
      await offer(about);
      fault.value = about.fault ?? "";
      setText(part.about, about.asset ? `${about.asset.name} · ${about.asset.code}` : "");
      const go = openDialog(dialog);
      (proposals.length ? part.go : from).focus();
      return (await go) ? await send(about) : null;
    } catch (error) {
      showRefusal(error);
      return null;
    }
  };
}
