// Keeps a form that asks first from being sent before the module that asks is there; sent on to it when it comes. No module: it runs at once.

(() => {
  let pressed = null;
  const hold = (event) => {
    if (!event.target.dataset.confirm) return;
    event.preventDefault();
    pressed = event.submitter;
  };
  document.addEventListener("submit", hold);
  document.addEventListener(
    "vigie:asks",
    () => {
      document.removeEventListener("submit", hold);
      if (pressed?.isConnected) pressed.form.requestSubmit(pressed);
    },
    { once: true },
  );
})();
