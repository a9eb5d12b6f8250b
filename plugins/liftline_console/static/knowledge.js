// Sends a document as soon as it is chosen or dropped, and opens its page.
"use strict";

const bringing = document.querySelector("#bring");
if (bringing) {
  const drop = bringing.querySelector(".drop");
  const input = bringing.elements.file;
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    input.files = event.dataTransfer.files;
    bring();
  });
  input.addEventListener("change", bring);
  bringing.addEventListener("submit", (event) => { event.preventDefault(); bring(); });

  async function bring() {
    if (!input.files.length) return;
    await sending(bringing, async () => {
      const body = new FormData();
      body.append("file", input.files[0]);
      input.value = "";
      const told = await send(bringing.getAttribute("action"), { body });
      await go(bringing.dataset.opens + told.contribution_id);
    });
  }
}
