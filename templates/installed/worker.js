// Keeps one page for the time when the server cannot be reached, and gives it in place of any page that cannot be had. Nothing else is kept.
const NAME = "vigie-{{ version }}";
const KEPT = [{% for address in kept %}"{{ address|escapejs }}"{% if not forloop.last %}, {% endif %}{% endfor %}];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(KEPT)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const others = caches.keys().then((names) => Promise.all(names.filter((name) => name.startsWith("vigie-") && name !== NAME).map((name) => caches.delete(name))));
  event.waitUntil(others.then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const page = request.mode === "navigate" && request.method === "GET";
  if (!page && !KEPT.includes(new URL(request.url).pathname)) return;
  event.respondWith(fetch(request).catch(async (failure) => (await caches.match(page ? KEPT[0] : request)) ?? Promise.reject(failure)));
});
