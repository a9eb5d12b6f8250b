// Sends a document as soon as it is chosen or dropped, and opens its page.
"use strict";

const bringing = document.querySelector("#bring");
if (bringing) {
  const input = bringing.elements.file;
  takesAtOnce(bringing, bring);

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
