// Waits for a campaign that is being prepared, and sends the answer whose button was pressed.
"use strict";

const watched = document.querySelector("[data-watch]");
if (watched) {
  const watch = async () => {
    try {
      const told = await send(watched.dataset.watch, { method: "GET" });
      if (told.mark !== watched.dataset.mark) return location.reload();
    } catch {
      // Asked again below.
    }
    setTimeout(watch, 1500);
  };
  setTimeout(watch, 1000);
}

for (const form of document.querySelectorAll("form[data-answer], form[data-turn]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter ?? form.querySelector("button");
    if (button.dataset.sure && button.dataset.asked !== "yes") {
      button.dataset.asked = "yes";
      return showFault(form, button.dataset.sure);
    }
    const json = { ...values(form), [button.name]: button.value };
    if (form.dataset.seen) json.seen = form.dataset.seen;
    await sending(form, async () => {
      await send(form.action, { json });
      location.reload();
    });
  });
}
