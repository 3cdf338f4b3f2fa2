// Tabs as the ARIA pattern has them: one panel shown, arrows move between them.

/** `onShow`: panel id → what to do when it is shown. */
export function mountTabs(list, onShow) {
  const tabs = [...list.querySelectorAll('[role="tab"]:not([hidden])')];

  function show(tab) {
    for (const each of tabs) {
      const here = each === tab;
      each.setAttribute("aria-selected", here);
      each.tabIndex = here ? 0 : -1;
      document.getElementById(each.getAttribute("aria-controls")).hidden = !here;
    }
    history.replaceState(null, "", `#${tab.id}`); // where one was after a reload
    onShow[tab.getAttribute("aria-controls")]?.();
  }

  list.addEventListener("click", ({ target }) => {
    const tab = target.closest('[role="tab"]');
    if (tab) show(tab);
  });
  list.addEventListener("keydown", ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (!step) return;
    const next = tabs.at((tabs.indexOf(document.activeElement) + step) % tabs.length);
    next.focus();
    show(next);
  });

  const last = tabs.find(({ id }) => `#${id}` === location.hash);
  if (last) show(last);
}
