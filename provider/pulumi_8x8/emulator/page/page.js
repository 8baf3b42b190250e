// The emulator's page: shows what the calls under /_emulator answer, and asks them again every second. Its address says
// what is chosen, so back, forward and reload work.

import { choose, read, write } from "/page/address.js";
import { $, ask, complain, day, element, fill, guarded, lost } from "/page/dom.js";
import * as graph from "/page/graph.js";
import * as lists from "/page/lists.js";
import * as panel from "/page/panel.js";
import * as phone from "/page/phone.js";

let state = read();
let turns = 0;               // the answers of an earlier turn are late
const versions = new Map();  // the last versions that were looked at; a version never changes
const names = {};            // of definitions, by id
let events = { of: "", list: [], last: 0 };  // the trace of the chosen instance
let counted = { of: "", at: 0, traffic: null };  // how many conversations took each path of the chosen version
let shown = { definition: null, version: null, instance: null };

function go(changes, push = false) {
  const next = { ...state, ...changes };
  history[push ? "pushState" : "replaceState"](null, "", write(next));
  state = read();
  return guarded(refresh);
}

// Calls the emulator about everything that is seen, then draws it at once.
async function refresh() {
  const turn = ++turns, now = state;
  const [time, found] = await Promise.all([ask("GET", "/clock"), chosen(now)]);
  const list = await lists.show(now, { definition: found.definition?.definition.id, instance: now.instance, thread: phone.listed(), names });
  if (turn !== turns) return;
  shown = found;
  const clock = `${day(time.now)} UTC`;
  if ($("now").textContent !== clock) $("now").textContent = clock;
  document.body.dataset.pane = now.pane ?? (now.instance || now.definition ? "work" : "lists");
  for (const each of $("panes").children) each.setAttribute("aria-pressed", String(each.dataset.pane === document.body.dataset.pane));
  draw(now);
  list();
  phone.suggest(now.phone, found.instance?.thread, found.version?.channel, `${now.instance ?? now.definition}`);
  await phone.receive();
  document.body.dataset.shows = location.hash;
}

async function chosen(now) {
  const instance = now.instance ? await known(`/workflows/${encodeURIComponent(now.instance)}${/^[1-9]\d{0,8}$/.test(now.log ?? "") ? `?page=${now.log}` : ""}`) : null;
  if (now.instance && !instance) return { gone: "This instance does not exist" };
  const [account, id] = instance ? [instance.accountId, instance.definitionId] : [now.account, now.definition];
  if (!id) return {};
  const path = `/definitions/${encodeURIComponent(account)}/${encodeURIComponent(id)}`;
  const definition = await known(path);
  if (!definition) return { gone: "This definition has been deleted" };
  names[id] = definition.definition.name;
  const wanted = instance?.version ?? (/^[1-9]\d{0,8}$/.test(now.version ?? "") ? Number(now.version) : definition.versions[0].version);
  const [version, traffic] = await Promise.all([
    versionOf(path, wanted), now.traffic ? trafficOf(`${path}/traffic?version=${wanted}`) : null, instance ? follow(instance) : null]);
  return version ? { definition, version, instance, traffic } : { gone: "This version has been deleted", definition };
}

// What a call answers; null if there is no such thing.
async function known(path) {
  try {
    return await ask("GET", path);
  } catch (error) {
    if (error.status === 404 || error.status === 400) return null;
    throw error;
  }
}

async function versionOf(path, number) {
  const key = `${path}/versions/${number}`;
  if (!versions.has(key)) {
    const answer = await known(key);
    if (!answer) return null;
    versions.set(key, answer);
    if (versions.size > 20) versions.delete(versions.keys().next().value);
  }
  return versions.get(key);
}

// It changes with every conversation, and is asked for less often than the rest, since it reads their logs.
async function trafficOf(path) {
  if (counted.of !== path || Date.now() - counted.at > 5000) counted = { of: path, at: Date.now(), traffic: await known(path) };
  return counted.traffic;
}

async function follow(instance) {
  const mine = events.of === instance.workflowId ? events : { of: instance.workflowId, list: [], last: 0 };
  if (instance.traced > mine.last) {
    const more = await ask("GET", `/workflows/${instance.workflowId}/trace?after=${mine.last}`);
    if (more.last > mine.last) events = { of: mine.of, list: [...mine.list, ...more.events].slice(-1000), last: more.last };
  } else events = mine;
}

function draw(now) {
  const { definition, version, instance, gone } = shown;
  $("title").textContent = gone ?? version?.definition.name ?? "Choose a definition";
  document.title = version ? `${version.definition.name} · Automation API emulator` : "Automation API emulator";
  $("welcome").hidden = Boolean(version || gone);
  for (const id of ["drawing", "details"]) $(id).hidden = !version;
  $("versions").hidden = !version || Boolean(instance);
  $("commands").hidden = !instance;
  $("show-instances").hidden = !version || Boolean(instance);
  drawAbout(version, instance);
  drawErrors(instance);
  if (!version) return;
  drawVersions(now, definition, version);
  $("traffic").setAttribute("aria-pressed", String(Boolean(now.traffic)));
  $("counted").hidden = !shown.traffic;
  const many = shown.traffic && `Numbers are conversations: ${shown.traffic.conversations.toLocaleString("en")} in all.`;
  if (many && $("counted").textContent !== many) $("counted").textContent = many;
  const progress = instance && { steps: instance.steps, taken: instance.taken };
  graph.draw(`${definition.accountId} ${definition.definition.id} ${version.definition.version}`, version.graph, progress, now.step, shown.traffic);
  panel.show(now, version, instance, events, shown.traffic);
}

const short = moment => day(moment).slice(5);

function drawAbout(version, instance) {
  const waiting = instance?.waiting.map(each => `${each.step} waits${each.event ? ` for ${each.event}` : ""} until ${short(each.until)}`) ?? [];
  fill($("about"), [version?.trigger, version?.status, version?.subaccountId, version?.definition.id, instance?.workflowId, instance?.status, waiting], () => {
    if (!version) return [];
    if (!instance) return [`${version.accountId} · ${version.trigger} · `, element("span", { class: `status ${version.status}` }, version.status), version.subaccountId ? [" · ", element("span", { class: "whole" }, `sub-account ${version.subaccountId}`)] : ""];
    return [
      element("span", { class: `status ${instance.status}` }, instance.status),
      " · ", element("a", { href: write(choose(state, { account: instance.accountId, definition: instance.definitionId, version: String(instance.version) })) }, `version ${instance.version}`), " · ", element("span", { class: "whole" }, `started ${short(instance.startedAt)}`),
      element("span", { class: "line" }, `Instance ${instance.workflowId}`), waiting.map(each => element("span", { class: "line" }, each))];
  });
  for (const button of $("commands").children) {
    const fits = { suspend: ["Runnable"], resume: ["Suspended"], terminate: ["Runnable", "Suspended"] };
    button.disabled = !fits[button.dataset.status].includes(instance?.status);
  }
}

function drawErrors(instance) {
  const errors = instance?.errors ?? [];
  $("errors").hidden = !errors.length;
  fill($("errors"), errors, () => errors.map(error => element("li", {}, element("strong", {}, error.step || "The instance"), `: ${error.message}`)));
}

function drawVersions(now, definition, version) {
  const numbers = definition.versions.map(each => each.version);
  if (!numbers.includes(version.definition.version)) numbers.push(version.definition.version);
  fill($("version"), numbers, () => numbers.map(number => element("option", { value: number }, String(number))));
  $("version").value = version.definition.version;
  $("show-instances").href = write({ ...now, list: "instances", of: definition.definition.id, q: "", status: "", page: "", pane: "lists" });
}

// Looks at what a message did, unless another definition is chosen.
function look(instances) {
  const found = instances.find(each => !shown.definition || each.definitionId === shown.definition.definition.id);
  if (!found || found.id === state.instance) return guarded(refresh);
  return go({ ...choose(state, { instance: found.id }), pane: state.pane, phone: state.phone, definition: "", account: "", version: "", step: "", tab: state.tab === "start" ? "" : state.tab, log: "" }, true);
}

function onSubmit(form, work) {
  form.addEventListener("submit", event => {
    event.preventDefault();
    guarded(work);
  });
}

function json(text, what) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${what} not JSON: ${error.message}`);
  }
}

onSubmit($("clock"), async () => {
  await ask("POST", "/clock", { seconds: Number($("jump").value) });
  await refresh();
});
onSubmit($("start"), async () => {
  const data = json($("data").value, "The data is");
  const { accountId, definition } = shown.version;
  const path = `/definitions/${encodeURIComponent(accountId)}/${definition.id}/workflows?version=${definition.version}`;
  const started = await ask("POST", path, data);
  await look([{ id: started.workflowId, definitionId: definition.id }]);
});
$("version").addEventListener("change", () => go({ version: $("version").value, step: "" }, true));
for (const button of $("commands").children) {
  button.addEventListener("click", () => guarded(async () => {
    await ask("PATCH", `/workflows/${state.instance}`, { status: button.dataset.status });
    await refresh();
  }));
}
$("traffic").addEventListener("click", () => go({ traffic: state.traffic ? "" : "1" }));
for (const button of $("panes").children) button.addEventListener("click", () => go({ pane: button.dataset.pane }));
for (const link of document.querySelectorAll(".skip")) {
  link.addEventListener("click", event => {
    event.preventDefault();
    const to = $(link.getAttribute("href").slice(1));
    go({ pane: to.id });
    setTimeout(() => to.focus());
  });
}

lists.start({ state: () => state, go });
panel.start({ state: () => state, go });
graph.start({ select: step => go({ step, tab: "" }, true) });
phone.start({
  ask, json, complain,
  account: () => shown.definition?.accountId ?? null,
  subAccount: () => shown.definition?.subaccountId ?? null,
  turn: to => go({ phone: to }),
  done: look,
});
window.addEventListener("hashchange", () => { state = read(); guarded(refresh); });
window.addEventListener("popstate", () => { state = read(); guarded(refresh); });

async function poll() {
  if (!document.hidden) {
    try {
      await refresh();
      lost(null);
    } catch (error) {
      if (!error.offline && !error.status) throw error;
      lost(error);
    } finally {
      setTimeout(poll, 1000);
    }
  } else setTimeout(poll, 1000);
}
poll();
