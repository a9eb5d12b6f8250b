// Forms are sent by fetch: the header proves that the request comes from this page, and errors are shown in place.
"use strict";

const root = document.body.dataset.root;
// A page acts for the tenant that it shows, whichever another tab has chosen since.
const ours = { "X-Liftline": "1", ...(document.body.dataset.tenant && { "X-Liftline-Tenant": document.body.dataset.tenant }) };

async function send(url, { method = "POST", json, body } = {}) {
  const headers = { ...ours, Accept: "application/json" };
  if (json !== undefined) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(json);
  }
  let answer;
  try {
    answer = await fetch(url, { method, headers, body, credentials: "same-origin" });
  } catch {
    throw new Error("The server does not answer; check the connection and try again.");
  }
  const text = await answer.text();
  const told = text && answer.headers.get("Content-Type")?.includes("json") ? JSON.parse(text) : null;
  if (!answer.ok) throw failure(answer.status, told);
  return told;
}

// What went wrong in a sentence, and where one goes from there; nothing that was filled in is lost by it.
function failure(status, told) {
  const error = new Error(told?.detail ?? `The server answered ${status}; try again.`);
  error.mistakes = told?.errors ?? [];
  if (status === 401) {
    error.message = "You are no longer signed in, and nothing was done. Sign in again, come back to this page, and press the button once more: what you filled in still stands here.";
    error.way = { href: document.body.dataset.signIn, words: "Sign in", beside: true };
  }
  if (status === 409) error.way = { href: location.href, words: "Show it as it stands now" };
  return error;
}

function values(form, button) {
  const told = button?.name ? { [button.name]: button.value } : {};
  for (const [name, value] of new FormData(form)) {
    if (value instanceof File) continue;
    const kept = value.trim();
    if (kept !== "") told[name] = kept;
  }
  return told;
}

function showFault(place, sentence, way) {
  const fault = place.querySelector("[role=alert]");
  if (!fault) return;
  fault.textContent = sentence ?? "";
  fault.hidden = !sentence;
  if (!way) return;
  const link = Object.assign(document.createElement("a"), { href: way.href, textContent: way.words });
  if (way.beside) Object.assign(link, { target: "_blank", rel: "noopener" });
  fault.append(" ", link);
}

// A file is taken as soon as it is chosen, or dropped where the form says so.
function takesAtOnce(form, take) {
  const drop = form.querySelector(".drop");
  const input = form.elements.file;
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    input.files = event.dataTransfer.files;
    take();
  });
  input.addEventListener("change", take);
  form.addEventListener("submit", (event) => { event.preventDefault(); take(); });
}

async function sending(form, work) {
  const buttons = [...form.querySelectorAll("button")].filter((button) => !button.disabled);
  buttons.forEach((button) => (button.disabled = true));
  form.setAttribute("aria-busy", "true");
  showFault(form);
  try {
    await work();
  } catch (error) {
    const mistakes = error.mistakes ?? [];
    const shown = showMistakes(form, mistakes);
    const all = mistakes.length > 0 && shown === mistakes.length;
    showFault(form, all ? `Mend the marked field${shown > 1 ? "s" : ""}; it says there what is wrong.` : error.message, error.way);
  } finally {
    form.removeAttribute("aria-busy");
    buttons.forEach((button) => (button.disabled = false));
  }
}

// Each mistake at its field: the control whose name is the place, or the nearest place around it. How many were placed.
function showMistakes(form, mistakes) {
  for (const told of form.querySelectorAll(".mistake")) told.remove();
  for (const control of form.querySelectorAll("[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    control.removeAttribute("aria-describedby");
  }
  let first;
  let shown = 0;
  for (const [number, { field, message }] of mistakes.entries()) {
    const control = controlAt(form, field);
    if (!control) continue;
    const told = document.createElement("span");
    told.className = "mistake";
    told.id = `mistake-${number}`;
    told.textContent = message;
    control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-describedby", told.id);
    (control.closest("label:not(.choice), fieldset") ?? control.parentElement).append(told);
    first ??= control;
    shown += 1;
  }
  first?.focus();
  return shown;
}

function controlAt(form, place) {
  for (let steps = place.split("."); steps.length; steps.pop()) {
    const name = CSS.escape(steps.join("."));
    const found = form.querySelector(`[name="${name}"]`) ?? form.querySelector(`[name^="${name}."]`);
    if (found) return found;
  }
  return null;
}

// Where a form leads: to another page, which leaves the buttons shut, or to this one as it stands now.
function go(then) {
  if (then === undefined) return refresh("#content");
  if (then.startsWith("#")) return refresh(then);
  if (then === "reload") location.reload();
  else location.assign(then);
  return new Promise(() => {});
}

// Shows parts of this page as they stand now; what was filled in, opened or focused there stays so.
async function refresh(...places) {
  let answer;
  try {
    answer = await fetch(location.href, { headers: { ...ours, Accept: "text/html" }, credentials: "same-origin" });
  } catch {
    answer = null;
  }
  // Signed out meanwhile, or the server is away: the page itself says so.
  if (!answer?.ok || answer.redirected) return location.reload();
  const now = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const place of places) {
    const old = document.querySelector(place);
    const made = now.querySelector(place);
    if (!old || !made) return location.reload();
    const focused = old.contains(document.activeElement) ? like(document.activeElement, made) : null;
    const had = old.contains(document.activeElement);
    keepFilled(old, made);
    old.replaceWith(document.adoptNode(made));
    if (had) (focused ?? document.querySelector("#content")).focus({ preventScroll: true });
  }
  document.dispatchEvent(new Event("refreshed"));
}

function keepFilled(old, made) {
  for (const control of old.querySelectorAll("input[name], select[name], textarea[name]")) {
    if (control.type === "hidden" || control.type === "file") continue;
    const same = like(control, made);
    if (!same) continue;
    if (control.type === "checkbox" || control.type === "radio") {
      if (control.checked !== control.defaultChecked) same.checked = control.checked;
    } else if (control.tagName === "SELECT") {
      const begun = [...control.options].find((option) => option.defaultSelected)?.value ?? control.options[0]?.value;
      if (control.value !== begun) same.value = control.value;
    } else if (control.value !== control.defaultValue) same.value = control.value;
  }
  const closed = [...made.querySelectorAll("details")];
  for (const [number, details] of [...old.querySelectorAll("details")].entries()) {
    const same = closed[number];
    if (same?.firstElementChild?.textContent === details.firstElementChild?.textContent) same.open = details.open;
  }
}

// The same control in a newer page: by its id, or by its form, its name and, of several, its value.
function like(control, made) {
  if (control.id) return made.querySelector(`#${CSS.escape(control.id)}`);
  const form = (one) => one.form?.getAttribute("action") ?? one.form?.id ?? "";
  const several = ["checkbox", "radio"].includes(control.type) || control.tagName === "BUTTON";
  const all = [...made.querySelectorAll(control.tagName)];
  if (control.tagName === "A") return all.find((one) => one.href === control.href);
  return all.find((one) => one.name === control.name && form(one) === form(control) && (!several || (one.value === control.value && one.textContent === control.textContent)));
}

let clicks = 0;
document.addEventListener("click", (event) => (clicks = event.detail), true);

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.send) return;
  event.preventDefault();
  const pressed = event.submitter;
  const sure = pressed?.dataset.sure ?? form.dataset.sure;
  if (sure && form.dataset.asked !== sure) {
    form.dataset.asked = sure;
    showFault(form, sure);
    return;
  }
  // The second half of a double click has read nothing.
  if (sure && clicks > 1) return;
  await sending(form, async () => {
    const told = await send(form.action, { method: form.dataset.send, json: values(form, pressed) });
    form.dispatchEvent(new CustomEvent("sent", { detail: told, bubbles: true }));
    form.reset();
    if (form.dataset.then !== "stay") await go(form.dataset.then);
  });
  delete form.dataset.asked;
});

// The back button may show a page as it was left: buttons shut, and what was answered since still asked.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// On a phone the navigation is one line that scrolls: where one is must be in sight.
const navigation = document.querySelector(".top nav");
const current = navigation?.querySelector("[aria-current]");
if (current) navigation.scrollLeft = current.offsetLeft - (navigation.clientWidth - current.offsetWidth) / 2;

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});
