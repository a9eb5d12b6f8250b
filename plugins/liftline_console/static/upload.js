// Sends a file with its progress, remembers which column is which, and watches a running import.
"use strict";

const uploading = document.querySelector("#upload");
if (uploading) {
  const input = uploading.elements.file;
  takesAtOnce(uploading, sendFile);
  // Chosen before this script had come.
  if (input.files.length) setTimeout(sendFile);

  function sendFile() {
    if (!input.files.length) return;
    const most = Number(uploading.dataset.most);
    if (input.files[0].size > most) {
      input.value = "";
      return showFault(uploading, `This file is larger than ${most / 1e9} GB; split it and send the parts.`);
    }
    const form = new FormData();
    form.append("kind", uploading.elements.kind.value);
    form.append("file", input.files[0]);
    const sending = document.querySelector("#sending");
    const bar = sending.querySelector("progress");
    const said = document.querySelector("#sent");
    sending.hidden = false;
    input.disabled = true;
    showFault(uploading);
    const request = new XMLHttpRequest();
    request.open("POST", `${root}/api/v1/uploads`);
    for (const [name, value] of Object.entries(ours)) request.setRequestHeader(name, value);
    request.responseType = "json";
    let heard = -1;
    request.upload.addEventListener("progress", (event) => {
      const percent = Math.floor((100 * event.loaded) / event.total);
      bar.value = percent;
      if (percent >= heard + 10) said.textContent = `${(heard = percent)} % sent`;
    });
    const failed = (error) => {
      sending.hidden = true;
      input.disabled = false;
      input.value = "";
      showFault(uploading, error.message, error.way);
    };
    request.addEventListener("load", () => {
      if (request.status === 201) location.assign(`${root}/uploads/${request.response.upload_id}`);
      else failed(failure(request.status, request.response));
    });
    request.addEventListener("error", () => failed(new Error("The upload broke off; check the connection and try again.")));
    request.send(form);
  }
}

document.addEventListener("submit", async (event) => {
  const reading = event.target;
  if (reading.id !== "reading") return;
  event.preventDefault();
  const mapping = {};
  const chosen = [...reading.querySelectorAll("select[data-header]")].filter((select) => select.value);
  const twice = chosen.find((select) => chosen.some((other) => other !== select && other.value === select.value));
  if (twice) return showFault(reading, `Two columns are taken for ${twice.value}; keep one of them.`);
  for (const select of chosen) mapping[select.value] = select.dataset.header;
  const kind = reading.elements.kind.value;
  const sameKind = [...reading.elements.kind.options].find((option) => option.defaultSelected)?.value === kind;
  await sending(reading, async () => {
    const url = `${root}/api/v1/uploads/${reading.dataset.upload}/reading`;
    await send(url, { method: "PUT", json: { kind, mapping: sameKind ? mapping : {} } });
    reading.reset();
    await refresh("#content");
  });
});

const watchImport = () => {
  const running = document.querySelector("#running-import");
  if (!running) return;
  const bar = running.querySelector("progress");
  const said = document.querySelector("#progress-said");
  const words = { queued: "Waiting for the run to start", checking: "Checking", loading: "Loading" };
  const watch = async () => {
    try {
      const told = await send(`${root}/api/v1/uploads/${running.dataset.upload}`, { method: "GET" });
      if (!running.isConnected) return;
      if (!words[told.state]) return refresh("#content");
      const percent = Math.min(100, Math.floor((100 * told.done_bytes) / Math.max(1, told.bytes)));
      if (percent && told.state !== "queued") bar.value = percent;
      const sentence = `${words[told.state]} …${percent ? ` ${percent} % read` : ""}`;
      if (said.textContent !== sentence) said.textContent = sentence;
    } catch (error) {
      said.textContent = error.message;
    }
    setTimeout(watch, 1000);
  };
  watch();
};
watchImport();
document.addEventListener("refreshed", watchImport);
