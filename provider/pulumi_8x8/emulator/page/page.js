// The emulator's page: shows what its calls under /_emulator tell, asked again every second.

import { draw } from "/page/graph.js";
import { receive, start } from "/page/phone.js";

const $ = id => document.getElementById(id);
const chosen = { definition: null, version: null, instance: null };
let versions = [];  // of the chosen definition, newest first

async function ask(method, path, body) {
  const options = { method };
  if (body !== undefined) options.body = JSON.stringify(body);
  const response = await fetch(`/_emulator${path}`, options);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// Replaces the children only when they are others, so that focus and scrolling stay where they are.
function fill(list, keyed) {
  const key = JSON.stringify(keyed.map(([key]) => key));
  if (list.dataset.key === key) return;
  const focused = [...list.querySelectorAll("button")].findIndex(each => each === document.activeElement);
  list.dataset.key = key;
  list.replaceChildren(...keyed.map(([, make]) => make()));
  if (focused >= 0) list.querySelectorAll("button")[focused]?.focus();
}

function choice(title, small, status, current, choose) {
  return [[title, small, status, current], () => {
    const item = element("li", "");
    const button = element("button", title, { type: "button", "aria-current": current });
    const line = element("small", small);
    if (status) line.append(" ", element("span", status, { class: `status ${status}` }));
    button.append(line);
    button.addEventListener("click", choose);
    item.append(button);
    return item;
  }];
}

// What a person did and what the page asks by itself fail apart: a refresh that works doesn't hide a person's error.
const problems = { person: "", page: "" };

async function guarded(work, by = "person") {
  try {
    await work();
    problems[by] = "";
  } catch (error) {
    if (error instanceof TypeError) problems.page = "The emulator does not answer.";
    else problems[by] = error.message;
  }
  const shown = problems.page || problems.person;
  if ($("problem").textContent !== shown) $("problem").textContent = shown;
  $("problem").hidden = !shown;
}

async function refresh() {
  const [clock, definitions, instances] = await Promise.all([
    ask("GET", "/clock"), ask("GET", "/definitions"), ask("GET", "/workflows")]);
  $("now").textContent = clock.now.replace("T", " ").replace(/\.\d+Z/, " UTC");
  $("none").hidden = definitions.length > 0;
  const names = Object.fromEntries(definitions.map(each => [each.definition.id, each.definition.name]));
  fill($("definitions"), definitions.map(each => choice(
    each.definition.name, `${each.accountId} · ${each.trigger} · version ${each.definition.version} · ${each.status}`, "",
    each.definition.id === chosen.definition?.id, () => choose(each.accountId, each.definition.id))));
  fill($("instances"), instances.map(each => choice(
    names[each.definitionId] ?? each.definitionId, `${each.workflowId.slice(-6)} · ${short(each.startedAt)}`, each.status,
    each.workflowId === chosen.instance, () => choose(each.accountId, each.definitionId, each.version, each.workflowId))));
  await show();
  await receive();
}

function choose(account, id, version = null, instance = null) {
  Object.assign(chosen, { definition: { account, id }, version, instance });
  return guarded(refresh);
}

async function show() {
  const { definition } = chosen;
  if (!definition) return;
  versions = await ask("GET", `/definitions/${encodeURIComponent(definition.account)}/${definition.id}`);
  const shown = versions.find(each => each.definition.version === chosen.version) ?? versions[0];
  const instance = chosen.instance && shown ? await ask("GET", `/workflows/${chosen.instance}`) : null;
  if (!shown) {
    chosen.definition = null;
    $("title").textContent = "This definition has been deleted";
    for (const id of ["version", "version-label", "commands", "log", "log-title", "values", "listed", "by-hand"]) $(id).hidden = true;
    for (const id of ["about", "errors", "graph"]) $(id).replaceChildren();
    delete $("graph").dataset.key;
    return;
  }
  $("title").textContent = shown.definition.name;
  const numbers = versions.map(each => each.definition.version);
  if ($("version").dataset.key !== numbers.join()) {
    $("version").dataset.key = numbers.join();
    $("version").replaceChildren(...numbers.map(number => element("option", number)));
  }
  $("version").value = shown.definition.version;
  for (const id of ["version", "version-label", "listed", "by-hand"]) $(id).hidden = false;
  for (const id of ["commands", "log", "log-title", "values"]) $(id).hidden = !instance;
  if ($("trace").textContent !== (instance?.trace ?? "")) $("trace").textContent = instance?.trace ?? "";
  $("about").textContent = instance
    ? `Instance ${instance.workflowId}: ${instance.status}` + instance.waiting.map(waiting).join("")
    : `${shown.trigger}, ${shown.status}, sub-account ${shown.subaccountId ?? "any"}`;
  for (const button of $("commands").children) {
    const fits = { suspend: ["Runnable"], resume: ["Suspended"], terminate: ["Runnable", "Suspended"] };
    button.disabled = !fits[button.dataset.status].includes(instance?.status);
  }
  fill($("errors"), (instance?.errors ?? []).map(error => {
    const text = `${error.step}: ${error.message}`;
    return [text, () => element("li", text)];
  }));
  draw($("graph"), shown.definition.steps, instance);
  fill($("log").tBodies[0], (instance?.logs ?? []).map(log => [log, () => {
    const row = element("tr", "");
    const step = element("td", log.stepName);
    if (log.received) step.append(element("small", `Received: ${log.received}`, { class: "words" }));
    if (log.sent !== null) step.append(element("small", log.sent || "(an empty message)", { class: "words" }));
    if (log.refused) step.append(element("small", `Not delivered: ${log.refused}`, { class: "words failure" }));
    row.append(step, element("td", log.status, { class: `status ${log.status}` }),
      element("td", short(log.startedAt)), element("td", short(log.completedAt)));
    return row;
  }]));
  fill($("steps"), shown.definition.steps.map(step => [step, () => listed(step, shown.words[step.id])]));
}

const short = moment => moment ? moment.slice(5, 19).replace("T", " ") : "";
const waiting = each => `; ${each.step} waits${each.event ? ` for ${each.event}` : ""} until ${short(each.until)}`;

function listed(step, words) {
  const item = element("li", `${step.id} (${step.stepType})`);
  if (words) item.append(element("small", words, { class: "words" }));
  for (const [to, why] of Object.entries(step.selectNextStep ?? {})) item.append(element("small", `${why ?? "otherwise"} → ${to}`));
  if (step.nextStepId) item.append(element("small", `→ ${step.nextStepId}`));
  return item;
}

// Looks at the instance that something was done to, if it is one of the chosen definition.
function follow(instances) {
  const found = instances.find(each => each.definitionId === chosen.definition?.id);
  if (found) Object.assign(chosen, { instance: found.id, version: found.version });
}

function onSubmit(form, work) {
  form.addEventListener("submit", event => {
    event.preventDefault();
    guarded(async () => { await work(); await refresh(); });
  });
}

onSubmit($("clock"), () => ask("POST", "/clock", { seconds: Number($("jump").value) }));
onSubmit($("start"), async () => {
  let data;
  try {
    data = JSON.parse($("data").value);
  } catch (error) {
    throw new Error(`The data is not JSON: ${error.message}`);
  }
  const { account, id } = chosen.definition;
  const path = `/definitions/${encodeURIComponent(account)}/${id}/workflows?version=${$("version").value}`;
  const started = await ask("POST", path, data);
  Object.assign(chosen, { instance: started.workflowId, version: started.version });
});
$("version").addEventListener("change", () => {
  Object.assign(chosen, { version: Number($("version").value), instance: null });
  guarded(refresh);
});
for (const button of $("commands").children) {
  button.addEventListener("click", () => guarded(async () => {
    await ask("PATCH", `/workflows/${chosen.instance}`, { status: button.dataset.status });
    await refresh();
  }));
}
start({
  ask, element, guarded,
  account: () => chosen.definition?.account ?? null,
  subAccount: () => versions[0]?.subaccountId ?? null,
  done: async instances => { follow(instances); await refresh(); },
});

async function poll() {
  if (!document.hidden) await guarded(refresh, "page");
  setTimeout(poll, 1000);
}
poll();
