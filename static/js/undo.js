// The last act of this desk, for as long as it can be taken back: one message with its button, and the key Z.

import { toast } from "#js/toast.js";

/** Less than the ten seconds of the control room, for the way there. */
const OFFERED_MS = 9500;

/** createUndo({format}) → {offer(text, work), undo()}; `work` takes it back, and `undo` answers whether there was anything to. */
export function createUndo({ format }) {
  let offered = null; // {shown, work}

  function withdraw() {
    if (!offered) return false;
    const { shown, work } = offered;
    shown.close();
    work();
    return true;
  }

  return {
    offer(text, work) {
      offered?.shown.close();
      const mine = { work };
      mine.shown = toast(text, "", {
        lasts: OFFERED_MS,
        act: { text: format.say("undo"), key: "Z", run: withdraw },
        onClose: () => offered === mine && (offered = null),
      });
      offered = mine;
    },

    undo: withdraw,
  };
}
