// Forms are sent by fetch: the header proves that the request comes from this page, and errors are shown in place.
"use strict";

const root = document.body.dataset.root;

async function send(url, { method = "POST", json, body } = {}) {
  const headers = { "X-Liftline": "1", Accept: "application/json" };
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
  if (!answer.ok) {
    const error = new Error(told?.detail ?? `The server answered ${answer.status}; try again.`);
    error.mistakes = told?.errors ?? [];
    throw error;
  }
  return told;
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

function showFault(place, sentence) {
  const fault = place.querySelector("[role=alert]");
  if (!fault) return;
  fault.textContent = sentence ?? "";
  fault.hidden = !sentence;
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
    showFault(form, all ? `Mend the marked field${shown > 1 ? "s" : ""}; it says there what is wrong.` : error.message);
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

function go(then) {
  if (then === "reload" || then === undefined) location.reload();
  else location.assign(then);
}

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
  await sending(form, async () => {
    const told = await send(form.action, { method: form.dataset.send, json: values(form, pressed) });
    form.dispatchEvent(new CustomEvent("sent", { detail: told, bubbles: true }));
    if (form.dataset.then !== "stay") go(form.dataset.then);
  });
  delete form.dataset.asked;
});

// On a phone the navigation is one line that scrolls: where one is must be in sight.
const navigation = document.querySelector(".top nav");
const current = navigation?.querySelector("[aria-current]");
if (current) navigation.scrollLeft = current.offsetLeft - (navigation.clientWidth - current.offsetWidth) / 2;

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});
