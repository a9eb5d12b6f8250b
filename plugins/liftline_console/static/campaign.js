// Waits for a campaign that is being prepared.
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
