// What of procedures a shift supervisor is told on whatever page is open: a mandatory step that was skipped, a step that is late.

import { toast } from "#js/toast.js";

const KIND = "run.supervisor_told";

/** watchProcedures({store, format, given, notices}): tells whoever may act for a shift what others skipped; nobody is told of their own act. */
export function watchProcedures({ store, format, given, notices }) {
  if (!given.verbs.includes("release_others")) return;
  store.subscribe(({ entries }) => {
    for (const entry of entries ?? []) {
      if (entry.kind !== KIND || entry.actor === given.me) continue;
      const [run] = entry.about.run;
      const look = () => location.assign(`/sites/${given.site.slug}/procedures/runs/${run}`);
      toast(format.say("procedure.supervisor"), format.pick(entry.text), {
        stays: true,
        act: { text: format.say("procedure.look"), key: "", run: look },
      });
      notices.show(`run-${entry.seq}`, format.say("procedure.supervisor"), format.pick(entry.text));
    }
  });
}
