// What is known about the chosen step, and the log, the trace and the data of the chosen instance.

import { write } from "/page/address.js";
import { $, clock, day, element, fill, rove, stop } from "/page/dom.js";

const MOST_VALUES = 200, MOST_VISITS = 20, MOST_EVENTS = 200, MOST_TEXT = 100_000;
let page = null;      // {state, go}
let traced = MOST_EVENTS;

const tabs = () => [...document.querySelectorAll("#details [role=tab]")];

export function start(given) {
  page = given;
  const open = tab => page.go({ tab: tab.id.replace("tab-", ""), log: "" });
  for (const tab of tabs()) tab.addEventListener("click", () => open(tab));
  rove($("shown"), "a");
  rove(tabs()[0].parentElement, "[role=tab]:not([hidden])", { ArrowRight: 1, ArrowLeft: -1 }, open);
}

// The tab that fits: what the address says, or the step, or the log of an instance.
export function tabOf(state, instance) {
  const fits = instance ? ["step", "log", "trace", "data", "steps"] : ["step", "steps", "start"];
  const wanted = state.tab ?? (state.step ? "step" : instance ? "log" : "steps");
  return fits.includes(wanted) ? wanted : fits[instance ? 1 : 0];
}

export function show(state, version, instance, events, traffic) {
  const tab = tabOf(state, instance);
  for (const each of tabs()) {
    const name = each.id.replace("tab-", "");
    each.hidden = instance ? name === "start" : ["log", "trace", "data"].includes(name);
    each.setAttribute("aria-selected", String(name === tab));
  }
  stop(tabs(), $(`tab-${tab}`));
  $("panel").setAttribute("aria-labelledby", `tab-${tab}`);
  $("start").hidden = tab !== "start";
  const id = `${version.definition.id} ${version.definition.version} ${instance?.workflowId ?? ""}`;
  if ($("shown").dataset.of !== `${tab} ${id}`) {
    $("shown").dataset.of = `${tab} ${id}`;
    $("panel").scrollTop = 0;
    traced = MOST_EVENTS;
  }
  const shown = { step: stepPanel, log: logPanel, trace: tracePanel, data: dataPanel, steps: stepsPanel, start: () => [["start"], () => []] }[tab];
  const [key, make] = shown(state, version, instance, events, traffic);
  if (fill($("shown"), [tab, id, ...key], make)) {
    const links = [...$("shown").querySelectorAll("a")];
    stop(links, links.find(each => each === document.activeElement) ?? links[0]);
  }
}

// Every step, those inside of others too, by id.
export function collect(steps, found = new Map()) {
  for (const step of Array.isArray(steps) ? steps : []) {
    if (typeof step !== "object" || step === null || found.has(String(step.id))) continue;
    found.set(String(step.id), step);
    for (const sequence of Array.isArray(step.do) ? step.do : []) collect(sequence, found);
  }
  return found;
}

const code = (text, kind = "") => element("code", { class: kind }, text);
const shownValue = value => typeof value === "string" ? `"${value}"` : JSON.stringify(value);
const kindOf = value => typeof value === "string" ? "text" : "other";

// A value as rows: a place and what is there.
function* leaves(value, place = "") {
  const entries = Array.isArray(value) ? [...value.entries()] : value && typeof value === "object" ? Object.entries(value) : [];
  if (!entries.length) yield [place, value];
  for (const [name, member] of entries) yield* leaves(member, Array.isArray(value) ? `${place}[${name}]` : place ? `${place}.${name}` : name);
}

function values(value) {
  if (value === null || value === undefined || (typeof value === "object" && !Object.keys(value).length)) return element("p", { class: "faint" }, "None.");
  const rows = [...leaves(value)];
  const list = element("dl", { class: "values" }, rows.slice(0, MOST_VALUES).map(([place, leaf]) =>
    element("div", {}, element("dt", {}, place || "value"), element("dd", {}, code(shownValue(leaf), kindOf(leaf))))));
  return rows.length > MOST_VALUES ? [list, element("p", { class: "faint" }, `${rows.length - MOST_VALUES} more values.`)] : list;
}

const part = (title, ...content) => element("div", { class: "part" }, element("h3", {}, title), ...content);

function stepLink(state, id, known = true) {
  return known ? element("a", { href: write({ ...state, step: id, tab: "" }), "data-focus": id }, id) : element("span", {}, `${id} (no such step)`);
}

function stepPanel(state, version, instance, events, traffic) {
  const steps = collect(version.definition.steps), step = steps.get(state.step);
  if (!step) {
    const text = state.step ? `This version has no step ${state.step}.` : "Choose a step in the graph to see its texts, inputs, outputs and paths.";
    return [["none", text], () => [element("p", { class: "faint" }, text)]];
  }
  const visits = instance ? visitsOf(events.list, state.step) : [];
  const status = instance?.steps[state.step];
  const used = traffic?.steps.find(each => each.step === state.step);
  return [[state.step, status, visits, traffic], () => [
    element("p", { class: "lead" }, element("strong", {}, state.step), " ", element("span", { class: "faint" }, String(step.stepType ?? "no type")),
      status ? [" ", element("span", { class: `status ${status.status}` }, status.status), status.times > 1 ? element("span", { class: "faint" }, ` ran ${status.times} times`) : ""] : ""),
    ...visitParts(visits, instance, steps, state),
    version.words[state.step] ? part("Message", element("p", { class: "message" }, version.words[state.step])) : "",
    part(instance ? "Inputs as declared" : "Inputs", values(step.inputs)),
    step.outputs ? part("Outputs as declared", values(step.outputs)) : "",
    part("Next", next(step, steps, state, traffic)),
    used ? part("Traffic", ...trafficParts(used)) : "",
  ].filter(Boolean)];
}

function trafficParts({ took, of, runs, waiting, faulted, terminated, ended, seconds }) {
  const here = [[ended, "ended here"], [waiting, "wait here"], [faulted, "faulted here"], [terminated, "were terminated here"]].filter(([number]) => number);
  return [
    element("p", {}, `${took.toLocaleString("en")} of ${of.toLocaleString("en")} conversations were here, ${runs.toLocaleString("en")} times in all.`),
    here.length ? element("p", {}, `${here.map(([number, what]) => `${number.toLocaleString("en")} ${what}`).join(", ")}.`) : "",
    seconds ? element("p", {}, `It took ${seconds.median} s (median); 95% took at most ${seconds.p95} s.`) : ""];
}

function next(step, steps, state, traffic) {
  const ways = Object.entries(step.selectNextStep ?? {});
  if (!ways.length && step.nextStepId !== null && step.nextStepId !== undefined) ways.push([String(step.nextStepId), undefined]);
  if (Array.isArray(step.do)) ways.push(...step.do.filter(each => Array.isArray(each) && each[0]).map(each => [String(each[0].id), "inside"]));
  if (!ways.length) return element("p", { class: "faint" }, "The path ends here.");
  return element("ul", { class: "ways" }, ways.map(([to, why]) => element("li", {}, "→ ", stepLink(state, to, steps.has(to)), " ",
    why === undefined ? element("span", { class: "faint" }, "always") : why === null ? element("span", { class: "faint" }, "otherwise")
      : why === "inside" ? element("span", { class: "faint" }, "inside") : code(String(why)), taken(traffic, step.id, to, why))));
}

function taken(traffic, from, to, why) {
  const how = why === undefined ? "next" : why === "inside" ? "inside" : "select";
  const edge = traffic?.edges.find(each => each.from === from && each.to === to && each.how === how);
  return edge ? element("span", { class: "faint" }, ` · taken by ${edge.took.toLocaleString("en")} of ${edge.of.toLocaleString("en")}`) : "";
}

// What happened each time that the instance was at a step: the events since it began.
export function visitsOf(events, id) {
  const visits = [];
  for (const event of events) {
    if (event.step !== id) continue;
    if (event.kind === "step" || !visits.length) visits.push([]);
    visits.at(-1).push(event);
  }
  return visits;
}

function visitParts(visits, instance, steps, state) {
  if (!instance) return [];
  if (!visits.length) return [element("p", { class: "faint" }, "This instance has not been here, or its trace no longer has it.")];
  const shown = visits.slice(-MOST_VISITS).reverse();
  return shown.map((events, index) => {
    const details = element("details", { class: "visit", open: index === 0 },
      element("summary", {}, visits.length > 1 ? `Run ${visits.length - index} of ${visits.length}` : "What happened", " ", element("span", { class: "faint" }, clock(events[0].time))),
      events.map(event => happened(event, steps, state)).filter(Boolean));
    return details;
  });
}

function happened(event, steps, state) {
  switch (event.kind) {
    case "inputs": return part("Inputs as evaluated", values(event.inputs));
    case "outputs": return part("Sets", values(event.data));
    case "message": return part("Sends", element("p", { class: "message" }, event.words || "(an empty message)"), event.refused ? element("p", { class: "failure" }, `Not delivered: ${event.refused.code} ${event.refused.message}`) : "");
    case "received": return part("Received", values(event.body?.payload?.content ?? event.body?.payload ?? event.body));
    case "condition": return element("div", { class: "condition" },
      element("span", { class: `result ${event.result ? "yes" : "no"}` }, event.result ? "true" : "false"),
      element("div", {}, stepLink(state, event.to, steps.has(event.to) || event.to === "inside"), " if ", code(String(event.script)),
        (event.because ?? []).map(each => element("div", { class: "operands" }, code(each.values || each.expression), ` is ${each.result}`))));
    case "edge": return element("p", { class: "edge-taken" }, "→ ", stepLink(state, event.to, event.exists), event.exists ? "" : " This path ends.");
    case "step": return null;
    default: return element("p", { class: event.kind === "fault" ? "failure" : "" }, words(event));
  }
}

// An event in one line.
function words(event) {
  switch (event.kind) {
    case "step": return String(event.type ?? "");
    case "inputs": return `inputs ${JSON.stringify(event.inputs)}`;
    case "outputs": return `sets ${JSON.stringify(event.data)}`;
    case "condition": return `${event.to}? ${condition(event)}`;
    case "message": return `sends by ${event.channel}: ${event.words}${event.refused ? ` (refused: ${event.refused.code} ${event.refused.message})` : ""}`;
    case "sleep": return `sleeps until ${day(event.until)}`;
    case "wait": return `waits for ${event.event} until ${day(event.until)}`;
    case "received": return `received ${JSON.stringify(event.body?.payload?.content ?? event.body?.payload ?? event.body)}`;
    case "timeout": return "timed out";
    case "call": return `calls ${event.method} ${event.url}`;
    case "answer": return `got ${event.failure || [event.status, event.reason, event.text].filter(Boolean).join(" ")}`;
    case "edge": return `${{ next: "", default: "otherwise ", inside: "inside " }[event.why] ?? `because ${event.why} `}→ ${event.to}${event.exists ? "" : ", which doesn't exist: this path ends"}`;
    case "warning": return `warning: ${event.message}`;
    case "fault": return `fault: ${event.message}`;
    case "line": return event.text;
    default: return event.kind;
  }
}

function condition(event) {
  const reasons = (event.because ?? []).map(each => `${each.expression}${each.values ? `: ${each.values}` : ""} is ${each.result}`);
  if (!reasons.length) return `${event.script} is ${event.result}`;
  return reasons.length === 1 && event.because[0].result === String(event.result) ? reasons[0] : `${event.result}: ${reasons.join("; ")}`;
}

function logPanel(state, version, instance) {
  const steps = collect(version.definition.steps);
  return [[instance.logs, instance.log, write(state)], () => {
    const cell = { role: "cell" };  // a small screen lays the table out as a list, which takes its meaning from the elements
    const body = element("tbody", { role: "rowgroup" }, instance.logs.map(log => element("tr", { role: "row" },
      element("td", cell, stepLink(state, log.stepName, steps.has(log.stepName)),
        log.received ? element("span", { class: "words" }, element("span", { class: "faint" }, "Received "), log.received) : "",
        log.sent !== null ? element("span", { class: "words" }, element("span", { class: "faint" }, "Sent "), log.sent || "(an empty message)") : "",
        log.refused ? element("span", { class: "words failure" }, `Not delivered: ${log.refused}`) : ""),
      element("td", cell, element("span", { class: `status ${log.status}` }, log.status)),
      element("td", { ...cell, class: "moment", title: day(log.startedAt) }, clock(log.startedAt)),
      element("td", { ...cell, class: "moment", title: day(log.completedAt) }, clock(log.completedAt)))));
    const head = element("tr", { role: "row" }, ["Step", "Status", "Started", "Completed"].map(each => element("th", { scope: "col", role: "columnheader" }, each)));
    return [element("table", { id: "log", role: "table" }, element("thead", { role: "rowgroup" }, head), body), pager(instance.log)];
  }];
}

function pager({ page: number, pages, total }) {
  if (pages < 2) return element("p", { class: "faint" }, `${total} runs of steps.`);
  const button = (text, to, label) => {
    const made = element("button", { type: "button", "aria-label": label, "data-focus": label, disabled: to < 1 || to > pages }, text);
    made.addEventListener("click", () => page.go({ log: String(to) }));
    return made;
  };
  return element("div", { class: "pager", role: "group", "aria-label": "Pages of the log" }, button("‹", number - 1, "Earlier runs"), ` Page ${number} of ${pages} (${total.toLocaleString("en")} runs) `, button("›", number + 1, "Later runs"));
}

function tracePanel(state, version, instance, events) {
  const shown = events.list.slice(-traced);
  const lost = events.last - events.list.length;
  return [[events.last, traced], () => {
    const more = element("button", { type: "button", "data-focus": "earlier" }, `Show ${Math.min(MOST_EVENTS, events.list.length - shown.length)} earlier events`);
    more.addEventListener("click", () => { traced += MOST_EVENTS; show(page.state(), version, instance, events, null); });
    let last = "";
    const lines = shown.map(event => {
      const time = clock(event.time), text = words(event);
      const line = element("li", { class: `is-${event.kind}` }, element("span", { class: "moment" }, time === last ? "" : time),
        element("span", { class: "of" }, event.kind === "step" || event.kind === "received" || event.kind === "timeout" || event.kind === "answer" || event.kind === "fault" ? event.step : ""),
        element("span", { class: "what" }, text.length > 2000 ? `${text.slice(0, 2000)}…` : text));
      last = time;
      return line;
    });
    return [
      lost > 0 ? element("p", { class: "faint" }, `${lost.toLocaleString("en")} earlier events are not kept.`) : "",
      shown.length < events.list.length ? more : "", element("ol", { id: "trace" }, lines)].filter(Boolean);
  }];
}

function dataPanel(state, version, instance) {
  const text = JSON.stringify(instance.data, null, 2);
  return [[text], () => [element("pre", { id: "context" }, text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}\n… (${text.length.toLocaleString("en")} characters)` : text)]];
}

function stepsPanel(state, version) {
  const steps = collect(version.definition.steps);
  return [[write(state)], () => [element("ol", { id: "steps" }, [...steps].map(([id, step]) => element("li", {},
    stepLink(state, id), " ", element("span", { class: "faint" }, String(step.stepType ?? "no type")),
    version.words[id] ? element("span", { class: "words" }, version.words[id]) : "", next(step, steps, state))))]];
}
