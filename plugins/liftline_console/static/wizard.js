// Gathers the brief, shows its audience as it is chosen, and sends it to be checked, looked at, kept or launched.
"use strict";

const wizard = document.querySelector("#wizard");
const groups = document.querySelector("#groups");
const foreseen = document.querySelector("#foreseen");
const done = document.querySelector("#done");
let only = JSON.parse(groups.dataset.only);

function made(tag, text, className) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
}

function filled() {
  const brief = {};
  const put = (place, value) => {
    const steps = place.split(".");
    const last = steps.pop();
    let at = brief;
    for (const step of steps) at = at[step] ??= {};
    at[last] = value;
  };
  for (const control of wizard.elements) {
    if (!control.name || ["launch", "strategies", "audience.only"].includes(control.name)) continue;
    const text = control.value.trim();
    if (control.dataset.lines !== undefined) put(control.name, text.split("\n").map((line) => line.trim()).filter(Boolean));
    else if (control.dataset.commas !== undefined) put(control.name, text.split(",").map((word) => word.trim()).filter(Boolean));
    else put(control.name, text);
  }
  brief.strategies = chosen("strategies");
  // Not the boxes: they come a moment after the page, and a launch before that would go to everybody.
  brief.audience.only = only;
  if (brief.audience.unit !== "segment") delete brief.audience.scheme;
  return { brief, launch: wizard.elements.launch.value.trim() };
}

function chosen(name) {
  return [...wizard.querySelectorAll(`[name="${name}"]:checked`)].map((box) => box.value);
}

let asked = 0;
async function showAudience() {
  const number = ++asked;
  const { unit, scheme } = filled().brief.audience;
  wizard.querySelector("[data-scheme]").hidden = unit !== "segment";
  const json = { unit, channel: wizard.elements.channel.value, topic: wizard.elements.topic.value, only };
  if (scheme) json.scheme = scheme;
  foreseen.setAttribute("aria-busy", "true");
  try {
    const told = await send(`${root}/wizard/audience`, { json });
    if (number !== asked) return;
    if (told.snapshot === null) return offerSegments(scheme);
    showGroups(told.groups);
    showForeseen(told.foreseen);
  } catch (error) {
    if (number === asked) foreseen.replaceChildren(made("p", error.message, "fault"));
  } finally {
    if (number === asked) foreseen.removeAttribute("aria-busy");
  }
}

function showGroups(rows) {
  only = only.filter((name) => rows.some((row) => row.unit_id === name));
  const focused = document.activeElement?.name === "audience.only" ? document.activeElement.value : null;
  const boxes = rows.slice(0, 60).map((row) => {
    const label = made("label", undefined, "choice");
    const box = made("input");
    Object.assign(box, { type: "checkbox", name: "audience.only", value: row.unit_id, checked: only.includes(row.unit_id) });
    const words = made("span", `${row.label} `);
    words.append(made("span", `${row.size.toLocaleString("en")} · ${row.description}`, "soft"));
    label.append(box, words);
    return label;
  });
  if (rows.length > boxes.length) boxes.push(made("p", `And ${rows.length - boxes.length} smaller groups, which are written to if none is chosen.`, "soft"));
  if (!rows.length) boxes.push(made("p", "Nobody is in any group; import customers first.", "soft"));
  groups.replaceChildren(groups.querySelector("legend"), ...boxes);
  if (focused) [...groups.querySelectorAll("input")].find((box) => box.value === focused)?.focus();
  const named = (row) => !only.length || only.includes(row.unit_id);
  options("#preview-unit", "the largest group", rows.filter(named).slice(0, 60).map((row) => [row.unit_id, row.label]));
}

function showForeseen(told) {
  const tiles = made("ul", undefined, "tiles");
  for (const [count, words] of [[told.included, "may be written to"], [told.review, "a person decides on"], [told.excluded, "left out"]]) {
    const tile = made("li");
    tile.append(made("strong", count.toLocaleString("en")), ` ${words}`);
    tiles.append(tile);
  }
  const parts = [tiles];
  if (told.reasons.length) {
    const reasons = made("ul", undefined, "reasons");
    for (const one of told.reasons) reasons.append(made("li", `${one.customers.toLocaleString("en")}: ${one.sentence}`));
    parts.push(made("p", "Why not everybody may be written to, as of now:"), reasons);
  }
  foreseen.replaceChildren(...parts);
}

function offerSegments(scheme) {
  const button = made("button", "Make the segments now", "quiet");
  button.type = "button";
  button.addEventListener("click", async () => {
    button.disabled = true;
    button.textContent = "Making them …";
    try {
      await send(`${root}/wizard/segments`, { json: { scheme: scheme ?? "rfm" } });
      await showAudience();
    } catch (error) {
      foreseen.replaceChildren(made("p", error.message, "fault"));
    }
  });
  groups.replaceChildren(groups.querySelector("legend"), made("p", "No segments of this kind were made yet.", "soft"), button);
  foreseen.replaceChildren();
}

function options(where, first, rows) {
  const select = document.querySelector(where);
  const kept = select.value;
  const all = [["", first], ...rows].map(([value, words]) => Object.assign(made("option", words), { value }));
  select.replaceChildren(...all);
  if (rows.some(([value]) => value === kept)) select.value = kept;
}

function showStrategies() {
  options("#preview-strategy", "the first", chosen("strategies").map((name) => [name, name.replaceAll("_", " ")]));
}

function showPreview(told) {
  const parts = [made("p", `For ${told.unit}, ${told.strategy.replaceAll("_", " ")}:`)];
  if (told.blocked) parts.push(made("p", `This text would be blocked: ${told.blocked}`, "fault"));
  parts.push(made("p", told.subject, "subject"));
  if (told.text) parts.push(made("pre", told.text, "plain shown"));
  const sentences = made("ol", undefined, "sentences");
  for (const one of told.sentences) {
    const line = made("li", `${one.text} `);
    const rests = one.verdict === "supported" ? `rests on ${one.passages.join("; ")}` : one.verdict === "unsupported" ? one.reason : "claims nothing";
    line.append(made("span", rests, one.verdict === "unsupported" ? "wrong" : "soft"));
    sentences.append(line);
  }
  const details = made("details");
  details.append(made("summary", "What each sentence rests on"), sentences);
  parts.push(details);
  document.querySelector("#preview").replaceChildren(...parts);
}

async function act(work) {
  done.hidden = true;
  showMistakes(wizard, []);
  await sending(wizard, work);
}

function say(sentence, link, words) {
  done.replaceChildren(sentence);
  if (link) done.append(" ", Object.assign(made("a", words), { href: link, download: "" }));
  done.hidden = false;
}

document.querySelector("#check").addEventListener("click", () => act(async () => {
  await send(`${root}/wizard/check`, { json: filled() });
  say("The brief has no mistakes.");
}));
document.querySelector("#keep").addEventListener("click", () => act(async () => {
  const { brief_id } = await send(`${root}/wizard/keep`, { json: filled() });
  say("The brief is kept; it stands below when you come back.", `${root}/wizard/briefs/${brief_id}`, "Download it as YAML");
}));
let looks = 0;
async function look() {
  const number = ++looks;
  const place = document.querySelector("#preview");
  place.setAttribute("aria-busy", "true");
  if (!place.children.length) place.replaceChildren(made("p", "Writing …", "soft"));
  const json = { ...filled(), unit: document.querySelector("#preview-unit").value, strategy: document.querySelector("#preview-strategy").value };
  try {
    const told = await send(`${root}/wizard/preview`, { json });
    if (number === looks) showPreview(told);
  } catch (error) {
    if (number === looks) place.replaceChildren(made("p", error.message, "fault"));
    throw error;
  } finally {
    if (number === looks) place.removeAttribute("aria-busy");
  }
}
document.querySelector("#look").addEventListener("click", () => act(look));
wizard.addEventListener("submit", (event) => {
  event.preventDefault();
  act(async () => {
    const { campaign_id, brief_id, began } = await send(`${root}/wizard/launch`, { json: filled() });
    const page = `${root}/campaigns/${encodeURIComponent(campaign_id)}`;
    // Whoever comes back finds what they had filled in.
    history.replaceState(null, "", `${root}/wizard?brief=${brief_id}`);
    if (began) return go(page);
    say("This very brief was launched before, and nothing was begun a second time. To launch it once more on purpose, give this launch a name.");
    done.append(" ", Object.assign(made("a", "Open its campaign"), { href: page }));
    done.scrollIntoView({ block: "nearest" });
  });
});
wizard.addEventListener("change", (event) => {
  if (event.target.name === "audience.only") only = chosen("audience.only");
  if (event.target.matches("[data-audience], [name='audience.only']")) {
    if (event.target.name === "audience.unit" || event.target.name === "audience.scheme") only = [];
    showAudience();
  }
  if (event.target.name === "strategies") showStrategies();
  // Once somebody looks at a text it follows the brief; a mistake is told in its place, and nothing steals the focus.
  if (document.querySelector("#preview").children.length) look().catch(() => {});
});
showStrategies();
showAudience();
