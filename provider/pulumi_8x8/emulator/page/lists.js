// The lists: definitions, instances and customers, searched, filtered and paged by the emulator.

import { choose, write } from "/page/address.js";
import { $, ask, day, element, fill, rove, stop } from "/page/dom.js";
import { channelName, threadName } from "/page/phone.js";

const NONE = {
  definitions: "No definition yet: create one with pulumi up or POST …/definitions.",
  instances: "No instance yet: write a message on the phone, or start one by hand.",
  threads: "Nobody has written or got a message yet.",
};
let page = null;  // {state, go}
let scrolled = "";  // what was scrolled into view
let pages = 1;

export function start(given) {
  page = given;
  const tabs = [...document.querySelectorAll("#lists [role=tab]")];
  let typing;
  const open = tab => {
    clearTimeout(typing);  // what was typed is for the list before
    page.go({ list: tab.id.replace("tab-", ""), q: "", status: "", page: "", of: "" });
  };
  for (const tab of tabs) tab.addEventListener("click", () => open(tab));
  rove(tabs[0].parentElement, "[role=tab]", { ArrowRight: 1, ArrowLeft: -1 }, open);
  rove($("items"), "a");
  $("items").addEventListener("keydown", event => {
    if (event.key === "PageDown" || event.key === "PageUp") {
      event.preventDefault();
      turn(event.key === "PageDown" ? 1 : -1);
    }
  });
  $("search").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => page.go({ q: $("search").value.trim(), page: "" }), 200);
  });
  $("status").addEventListener("change", () => page.go({ status: $("status").value, page: "" }));
  $("previous").addEventListener("click", () => turn(-1));
  $("next").addEventListener("click", () => turn(1));
  $("only").addEventListener("click", () => page.go({ of: "", page: "" }));
}

function turn(by) {
  const to = Number($("page-number").dataset.page) + by;
  if (to >= 1 && to <= pages) page.go({ page: String(to) });
}

export const listed = state => state.list ?? (state.instance ? "instances" : "definitions");

export async function show(state, chosen) {
  const kind = listed(state);
  const wanted = { definitions: chosen.definition, instances: chosen.instance, threads: chosen.thread }[kind];
  const query = new URLSearchParams({ search: state.q ?? "", status: state.status ?? "" });
  if (kind === "instances" && state.of) query.set("definition", state.of);
  if (state.page) query.set("page", /^[1-9]\d{0,8}$/.test(state.page) ? state.page : "1");
  else if (wanted) query.set("with", wanted);
  const answer = await ask("GET", `/${kind === "instances" ? "workflows" : kind}?${query}`);
  return () => draw(state, kind, wanted, answer, chosen);
}

function draw(state, kind, wanted, answer, chosen) {
  pages = answer.pages;
  const all = Object.values(answer.counts).reduce((sum, each) => sum + each, 0);
  const tabs = [...document.querySelectorAll("#lists [role=tab]")];
  for (const tab of tabs) tab.setAttribute("aria-selected", String(tab.id === `tab-${kind}`));
  stop(tabs, $(`tab-${kind}`));
  $("list-panel").setAttribute("aria-labelledby", `tab-${kind}`);
  if (document.activeElement !== $("search")) $("search").value = state.q ?? "";
  $("search").placeholder = { definitions: "Name, id or account", instances: "Name, id or data", threads: "Number" }[kind];
  const name = status => kind === "threads" ? channelName(status) : status;
  const options = [["", kind === "threads" ? "All channels" : "All", all], ...Object.entries(answer.counts).map(([status, count]) => [status, name(status), count])];
  if (state.status && !answer.counts[state.status]) options.push([state.status, name(state.status), 0]);
  fill($("status"), [options, state.status], () => options.map(([value, shown, count]) =>
    element("option", { value, selected: value === (state.status ?? "") }, `${shown} (${count.toLocaleString("en")})`)));
  $("status").value = state.status ?? "";
  $("only").hidden = !(kind === "instances" && state.of);
  fill($("only"), [state.of, chosen.names[state.of]], () => [
    `Of ${chosen.names[state.of] ?? state.of}`, element("span", { "aria-hidden": "true" }, "×"), element("span", { class: "hidden" }, "Show all")]);
  const first = (answer.page - 1) * 25 + 1;
  const count = answer.total ? `${first.toLocaleString("en")}–${(first + answer.items.length - 1).toLocaleString("en")} of ${answer.total.toLocaleString("en")}` : "";
  if ($("count").textContent !== count) $("count").textContent = count;
  $("count").hidden = !count;
  $("none").hidden = answer.total > 0;
  $("none").textContent = state.q || state.status || state.of ? "Nothing fits." : NONE[kind];
  $("pager").hidden = pages < 2;
  $("page-number").dataset.page = answer.page;
  const number = `Page ${answer.page} of ${pages}`;
  if ($("page-number").textContent !== number) $("page-number").textContent = number;
  $("previous").disabled = answer.page <= 1;
  $("next").disabled = answer.page >= pages;
  const made = fill($("items"), [kind, wanted, answer.items, write(state)], () => answer.items.map(each => ITEMS[kind](state, each, wanted)));
  const links = [...$("items").querySelectorAll("a")];
  const current = links.find(each => each.getAttribute("aria-current"));
  const focused = links.find(each => each === document.activeElement);
  if (made) stop(links, focused ?? current ?? links[0]);
  const now = `${kind} ${wanted} ${answer.page}`;
  if (scrolled !== now) (current ?? links[0])?.scrollIntoView({ block: "nearest" });
  scrolled = now;
}

function item(href, current, title, small, badge, tail = "") {
  const link = element("a", { href, "aria-current": current && "true", "data-focus": href.split("?")[0] + title + small + tail },
    element("span", { class: "title" }, element("span", { class: "words" }, title), tail && element("span", { class: "tail" }, ` ${tail}`)),
    element("span", { class: "small" }, badge, badge && " · ", small));
  return element("li", {}, link);
}

const status = word => element("span", { class: `status ${word}` }, word);

const ITEMS = {
  definitions: (state, each, wanted) => item(
    write(choose(state, { account: each.accountId, definition: each.definitionId })), each.definitionId === wanted, each.name,
    `${each.accountId} · v${each.version}${each.instances ? ` · ${each.instances.toLocaleString("en")} ${each.instances === 1 ? "instance" : "instances"}` : ""}`,
    status(each.status)),
  instances: (state, each, wanted) => item(
    write(choose(state, { instance: each.workflowId })), each.workflowId === wanted, each.name ?? each.definitionId,
    day(each.startedAt).slice(5), status(each.status), `…${each.workflowId.slice(-6)}`),
  threads: (state, each, wanted) => item(
    write({ ...state, phone: `${each.channel}:${each.customer}`, pane: "phone" }), `${each.customer} ${each.channel}` === wanted,
    threadName(each.customer), `${channelName(each.channel)} · ${each.messages.toLocaleString("en")} ${each.messages === 1 ? "message" : "messages"}`, null),
};
