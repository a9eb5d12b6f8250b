// Says the same of several texts at once, keeps an edit and shows what it changed, and closes passages on Escape.
"use strict";

const begin = () => {
  const several = document.querySelector("[data-several]");
  if (several) {
    const boxes = [...document.querySelectorAll("input[name=variants][type=checkbox]")];
    const said = several.querySelector("[data-count]");
    const count = () => {
      const chosen = boxes.filter((box) => box.checked).length;
      if (said) said.textContent = chosen ? `${chosen} of ${boxes.length} chosen.` : "None is chosen.";
    };
    boxes.forEach((box) => box.addEventListener("change", count));
    several.querySelector("[data-choose-all]")?.addEventListener("click", () => {
      const all = boxes.every((box) => box.checked);
      boxes.forEach((box) => (box.checked = !all));
      count();
    });
    several.addEventListener("submit", async (event) => {
      event.preventDefault();
      const form = new FormData(several);
      const json = { variants: form.getAll("variants"), comment: form.get("comment").trim() };
      const rates = { ...json, flags: form.getAll("flags") };
      // What is decided on is what was looked at; a text that somebody changed meanwhile is not.
      const versions = [...document.querySelectorAll("[name=variants][data-version]")];
      const seen = Object.fromEntries(versions.filter((one) => json.variants.includes(one.value)).map((one) => [one.value, Number(one.dataset.version)]));
      if (form.get("rating")) rates.rating = Number(form.get("rating"));
      const wanted = event.submitter?.value ?? "rate";
      if (!json.variants.length) return showFault(several, "Choose at least one text by the box in its head.");
      if (wanted === "reject" && !json.comment) return showFault(several, "Say in the comment why it is rejected.");
      await sending(several, async () => {
        const also = rates.rating || rates.flags.length;
        if (wanted !== "rate") await send(several.dataset.decisions, { json: { ...json, seen, decision: wanted } });
        if (wanted === "rate" || also) await send(several.dataset.ratings, { json: { ...rates, comment: wanted === "rate" ? json.comment : "" } });
        several.reset();
        await refresh("#content");
      });
    });
  }

  const editing = document.querySelector("#edit");
  editing?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = (name) => editing.elements[name].value.trim();
    const blocks = [...editing.querySelectorAll(".block")].map((block) => ({
      kind: block.dataset.kind,
      sentences: [...block.querySelectorAll("textarea")].map((field) => field.value.trim()).filter(Boolean),
    }));
    const message = {
      subject: text("subject"), preheader: text("preheader"), call_to_action: text("call to action"),
      blocks: blocks.filter((block) => block.sentences.length),
    };
    await sending(editing, async () => {
      const told = await send(editing.action, { json: { message, seen: Number(editing.dataset.version) } });
      const shown = document.querySelector("#changed");
      const outcome = told.cleared ? "It passed the screening." : `It is not cleared: ${told.screening_reason}`;
      shown.querySelector("[data-outcome]").textContent = `Version ${told.version} is kept. ${outcome}`;
      shown.querySelector(".diff").replaceChildren(...told.changes.flatMap(change));
      shown.hidden = false;
      editing.hidden = true;
      shown.focus();
    });
  });
};
begin();
document.addEventListener("refreshed", begin);

function change({ place, runs }) {
  const term = document.createElement("dt");
  const [, part, sentence] = place.match(/^block (\d+)\.(\d+)$/) ?? [];
  term.textContent = part ? `Part ${part}, sentence ${sentence}` : place[0].toUpperCase() + place.slice(1);
  const found = document.createElement("dd");
  for (const [kind, words] of runs) {
    const piece = document.createElement({ kept: "span", out: "del", in: "ins" }[kind]);
    piece.textContent = words;
    found.append(piece, " ");
  }
  return [term, found];
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.activeElement?.closest(".citation")?.classList.add("shut");
});
document.addEventListener("focusout", (event) => event.target.closest(".citation")?.classList.remove("shut"));
