// Notices of the operating system for what calls while nobody looks at this window. Asked for by the person, never by itself.

/** createNotices({NotificationClass, hidden}) → {can(), ask(), show(id, title, text)} */
export function createNotices({ NotificationClass = globalThis.Notification, hidden = () => document.hidden } = {}) {
  return {
    /** "granted", "denied", "default"; "none" where the browser has no notices. */
    can: () => NotificationClass?.permission ?? "none",

    ask: () => NotificationClass.requestPermission(),

    show(id, title, text) {
      if (NotificationClass?.permission !== "granted" || !hidden()) return false;
      const notice = new NotificationClass(title, { body: text, tag: `vigie-${id}`, requireInteraction: true });
      notice.onclick = () => {
        window.focus();
        notice.close();
      };
      return true;
    },
  };
}
