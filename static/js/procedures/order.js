// Steps that are commands or scenarios: what would forbid them now, asking for them as this step, and how far they have come.

import { Refused } from "#js/api.js";
import { asking, outlookLines } from "#js/commands/ask.js";
import { setText } from "#js/dom.js";
import { insist } from "#js/insist.js";
import { nameIn } from "#js/procedures/step.js";
import { forgetRefusal, showRefusal } from "#js/toast.js";

const FRESH_MS = 10_000;

/** An offer whose parameters begin with what the step proposes. Pure. */
export const proposing = (offer, proposed = {}) => ({
  ...offer,
  parameters: offer.parameters.map((each) => (each.name in proposed ? { ...each, default: proposed[each.name] } : each)),
});

/** ordering({format, given, askReason}) → {tell(element, step), order(step)}; `askReason` as in run.js. */
export function ordering({ format, given, askReason }) {
  const site = `/sites/${given.site.slug}`;
  const asked = new Map(); // step → {at, words}
  let ask = null;

  const offerOf = async ({ asks }) => {
    const offers = await insist("GET", `/assets/${asks.asset.id}/command-types`);
    return offers.find(({ type }) => type === asks.command) ?? null;
  };

  async function words(step) {
    const { asks } = step;
    if (step.type === "scenario") {
      const foreseen = await insist("GET", `${site}/command-scenarios/${asks.scenario}/preview`);
      const left = foreseen.filter(({ outlook }) => !outlook?.free).length;
      const counted = format.say("scenario.counted", { n: foreseen.length });
      return left ? `${counted}, ${format.say("scenario.blocked", { n: left })}` : counted;
    }
    const offer = asks.asset && (await offerOf(step));
    if (!offer) return format.say("procedure.order.nowhere", { name: nameIn(step, asks.command, format) });
    const [first] = outlookLines(offer, offer.outlook, format);
    return [format.pick(offer.name), `${asks.asset.name} ${asks.asset.code}`, first.text].join(" · ");
  }

  /** Writes what the step would command and what forbids it now; asked again at most every ten seconds. */
  async function tell(element, step) {
    const known = asked.get(step.id);
    if (known && Date.now() - known.at < FRESH_MS) {
      setText(element, known.words);
      return;
    }
    asked.set(step.id, { at: Date.now(), words: known?.words ?? "" });
    element.hidden = false;
    try {
      const told = await words(step);
      asked.set(step.id, { at: Date.now(), words: told });
      setText(element, told);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setText(element, error.detail);
    }
  }

  async function command(step) {
    const offer = step.asks.asset && (await offerOf(step));
    if (!offer) throw new Refused(409, format.say("procedure.order.nowhere", { name: step.asks.command }));
    ask ??= asking({ format });
    await ask(step.asks.asset, proposing(offer, step.asks.parameters), step.asks.cause);
  }

  async function scenario(step) {
    const words = { required: true, go: format.say("procedure.order.scenario"), advice: asked.get(step.id)?.words ?? "" };
    const because = await askReason(format.say("procedure.order.reason"), format.pick(step.title), words);
    if (because !== null) await insist("POST", `${site}/command-scenarios/${step.asks.scenario}/runs`, { because, cause: step.asks.cause });
  }

  return {
    tell,

    async order(step) {
      try {
        await (step.type === "scenario" ? scenario(step) : command(step));
        forgetRefusal();
      } catch (error) {
        showRefusal(error);
      }
    },
  };
}
