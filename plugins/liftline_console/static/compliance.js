// Waits for exports that are being made, and has one verified where it stands.
"use strict";

const watchJobs = () => {
  for (const row of document.querySelectorAll("[data-job]")) {
    const watch = async () => {
      try {
        const job = await send(`${root}/api/v1/jobs/${row.dataset.job}`, { method: "GET" });
        if (row.isConnected && job.state !== "queued" && job.state !== "running") return refresh("#exports");
      } catch {
        // Asked again below.
      }
      if (row.isConnected) setTimeout(watch, 1000);
    };
    watch();
  }
};
watchJobs();
document.addEventListener("refreshed", watchJobs);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-verify]");
  if (!button) return;
  const said = button.parentElement.querySelector("[aria-live]");
  button.disabled = true;
  said.className = "";
  said.textContent = "Checking …";
  try {
    const url = `${root}/api/v1/audit/exports/${button.dataset.verify}/verification`;
    const verdict = await send(url, { method: "GET" });
    said.className = verdict.whole ? "note" : "fault";
    said.textContent = verdict.sentence;
  } catch (error) {
    said.textContent = error.message;
  }
  button.disabled = false;
});
