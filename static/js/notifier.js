// The worker that shows what is pushed to this browser, also while no page of Vigie is open; a press on it leads to its link.

const shown = (given) => ({ body: given.body, tag: given.id, data: given.link, requireInteraction: given.urgent === true });

self.addEventListener("push", (event) => {
  const given = event.data?.json() ?? { title: "Vigie", body: "" };
  event.waitUntil(self.registration.showNotification(given.title, shown(given)));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  if (event.notification.data) event.waitUntil(self.clients.openWindow(event.notification.data));
});
