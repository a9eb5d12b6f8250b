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
    .catch((error) => {
      for (const place of counts.querySelectorAll("[data-count]")) place.textContent = "–";
      const fault = Object.assign(document.createElement("p"), { className: "fault", role: "alert", textContent: error.message });
      counts.after(fault);
    })
    .finally(() => counts.removeAttribute("aria-busy"));
}
