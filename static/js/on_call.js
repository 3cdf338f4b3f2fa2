// Astreinte: this browser as a contact. It is subscribed with the site's key, and confirmed by a code as any other contact.

import { Refused } from "#js/api.js";
import { on } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { insist } from "#js/insist.js";

const button = document.getElementById("subscribe");
const said = document.getElementById("subscribe-said");

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));

async function subscribe() {
  if ((await Notification.requestPermission()) !== "granted") throw new Refused(0, button.dataset.denied);
  const registration = await navigator.serviceWorker.register(button.dataset.worker);
  await registration.update().catch(() => undefined);
  const options = { userVisibleOnly: true, applicationServerKey: bytes(button.dataset.key) };
  const subscription = await registration.pushManager.subscribe(options);
  const { endpoint, keys } = subscription.toJSON();
  await insist("POST", `/sites/${desk.given.site.slug}/contacts`, { means: "push", address: JSON.stringify({ endpoint, keys }) });
  location.reload();
}

if (button && "serviceWorker" in navigator && "PushManager" in window) {
  button.hidden = false;
  on(button, "click", async () => {
    button.disabled = true;
    try {
      await subscribe();
    } catch (error) {
      said.textContent = error.detail || button.dataset.failed;
    }
    button.disabled = false;
  });
}
