// Waits for a campaign that is being prepared or sent, and shows each step in its place.
"use strict";

const watch = async () => {
  const watched = document.querySelector("[data-watch]");
  if (!watched) return;
  try {
    const told = await send(watched.dataset.watch, { method: "GET" });
    if (told.mark !== watched.dataset.mark) await refresh("#content");
  } catch {
    // Asked again below; who is signed out is told when they press something.
  }
  setTimeout(watch, 1500);
};
setTimeout(watch, 1000);
