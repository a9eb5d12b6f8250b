// Counts what the tenant holds once the page is there.
"use strict";

const counts = document.querySelector("[data-counts]");
if (counts) {
  send(counts.dataset.counts, { method: "GET" })
    .then((told) => {
      for (const place of counts.querySelectorAll("[data-count]")) {
        place.textContent = told[place.dataset.count].toLocaleString("en-US");
      }
    })
    .catch((error) => { counts.title = error.message; })
    .finally(() => counts.removeAttribute("aria-busy"));
}
