// The phone: shows what a customer gets, and sends what the customer writes, taps and presses. The emulator reads the
// messages and makes the replies; this file only shows them. Nothing is loaded from other hosts, pictures neither.

import { $, element, guarded, rove, stop } from "/page/dom.js";

// Drawn on a field of 24 by 24.
const ICONS = {
  image: "M4 5h16v14H4z M4 16l5-5 4 4 3-3 4 4 M15.5 9h.01",
  video: "M3 6h12v12H3z M15 11l6-4v10l-6-4z",
  audio: "M9 18V5l10-2v13 M9 18a3 3 0 1 1-6 0 3 3 0 0 1 6 0z M19 16a3 3 0 1 1-6 0 3 3 0 0 1 6 0z",
  file: "M6 3h8l4 4v14H6z M14 3v4h4 M9 12h6 M9 16h6",
  location: "M12 21s-7-6.5-7-11a7 7 0 0 1 14 0c0 4.5-7 11-7 11z M12 10h.01",
  url: "M14 4h6v6 M20 4l-9 9 M18 13v7H4V6h7",
  call: "M5 4h4l2 5-2.5 1.5a11 11 0 0 0 5 5L15 13l5 2v4a1 1 0 0 1-1 1A15 15 0 0 1 4 5a1 1 0 0 1 1-1z",
  calendar: "M4 6h16v14H4z M4 10h16 M8 3v5 M16 3v5",
  copy: "M9 9h11v11H9z M15 9V4H4v11h5",
};
ICONS.map = ICONS.location;
const CHANNELS = { whatsapp: "WhatsApp", viber: "Viber", line: "LINE", rcs: "RCS", sms: "SMS" };
const WIRE = { rcs: "RCS" };  // as the webhook spells it
const CUSTOMER = "+6581968289";
const CHOICES = "button.choice, summary";

let page = null;         // {ask, json, complain, account, subAccount, turn, done}
let entries = [];        // of the thread, oldest first
let shown = "";          // the thread of these entries
let earlier = false;     // older entries exist
let suggested = "";      // for what the thread was chosen last
let turned = null;  // the thread that was chosen on the phone
let asking = null;       // the question about new entries, so that there is only one at a time

export const channelName = channel => CHANNELS[channel] ?? channel;
export const threadName = customer => /^\d+$/.test(customer) ? `+${customer}` : customer || "(no number)";
const customer = number => number.trim().replace(/^\+/, "");
const chosen = () => ({ channel: $("channel").value, customer: customer($("number").value) });
export const listed = () => `${chosen().customer} ${chosen().channel}`;

export function start(given) {
  page = given;
  for (const [value, name] of Object.entries(CHANNELS)) $("channel").append(element("option", { value }, name));
  $("number").value = CUSTOMER;
  for (const key of "123456789*0#") {
    const button = element("button", { type: "button" }, key);
    button.addEventListener("click", () => guarded(() => press(key)));
    $("keys").append(button);
  }
  $("send").addEventListener("submit", event => {
    event.preventDefault();
    const written = $("text").value;
    if (written) guarded(() => write(written));
  });
  const turn = () => {
    const { channel, customer } = chosen();
    ready();
    turned = `${channel}:${customer}`;
    page.turn(turned);
  };
  $("number").addEventListener("change", turn);
  $("channel").addEventListener("change", turn);
  $("kind").addEventListener("change", ready);
  $("earlier").addEventListener("click", () => guarded(before));
  rove($("thread"), CHOICES);
  ready();
}

// An SMS has only text; media come from a URL, and a place has two numbers.
function ready() {
  const sms = $("channel").value === "sms";
  if (sms) $("kind").value = "text";
  $("kind").disabled = sms;
  const hints = { text: "Message", location: "Latitude, longitude" };
  $("text").placeholder = hints[$("kind").value] ?? "https://…";
}

// The thread in the address, or else of the chosen instance, or else on the channel of the chosen workflow.
export function suggest(address, thread, channel, selection) {
  const wanted = address ? { channel: address.split(":")[0], customer: address.split(":").slice(1).join(":") } : thread ?? (channel && { channel });
  const key = JSON.stringify([selection, wanted]);
  if (!wanted || key === suggested) return;
  suggested = key;
  // What a person chose here is here already, and the person may be writing the number by now.
  if (address && address === turned) return;
  turned = null;
  if (![...$("channel").options].some(option => option.value === wanted.channel)) {
    $("channel").append(element("option", { value: wanted.channel }, wanted.channel));
  }
  $("channel").value = wanted.channel;
  if (wanted.customer) $("number").value = threadName(wanted.customer);
  ready();
}

const about = more => new URLSearchParams({ number: chosen().customer, channel: chosen().channel, ...more });

export function receive() {
  asking ??= news().finally(() => { asking = null; });
  return asking;
}

async function news() {
  const thread = listed();
  const after = thread === shown ? entries.at(-1)?.entry ?? 0 : 0;
  const answer = await page.ask("GET", `/thread?${about({ after })}`);
  if (thread !== listed()) return;  // meanwhile, another one was chosen
  if (thread !== shown || (after && answer.earlier)) {  // the second: so much came that there would be a gap
    entries = [];
    earlier = answer.earlier;
    $("thread").replaceChildren();
  } else if (!after) earlier = answer.earlier;
  shown = thread;
  add(answer.entries);
}

function add(more) {
  const list = $("thread");
  entries.push(...more);
  list.append(...more.map(bubble));
  $("earlier").hidden = !earlier;
  $("keypad").hidden = !call();  // before it scrolls: both take room from the thread
  if (more.length) {
    list.scrollTop = list.scrollHeight;
    rest();
  }
}

// The newest message that offers something is the one stop for Tab.
function rest() {
  const list = $("thread");
  const offers = [...list.children].findLast(each => each.querySelector(CHOICES));
  const focused = list.contains(document.activeElement) && document.activeElement.matches(CHOICES) ? document.activeElement : null;
  stop(list.querySelectorAll(CHOICES), focused ?? offers?.querySelector(CHOICES));
}

async function before() {
  const thread = shown;
  const answer = await page.ask("GET", `/thread?${about({ before: entries[0].entry })}`);
  if (thread !== shown) return;
  const list = $("thread"), below = list.scrollHeight - list.scrollTop;
  entries.unshift(...answer.entries);
  earlier = answer.earlier;
  list.prepend(...answer.entries.map(bubble));
  list.scrollTop = list.scrollHeight - below;
  rest();
  $("earlier").hidden = !earlier;
}

// The call in which keys can be pressed: the last one, if no key was pressed since.
function call() {
  const last = entries.findLast(each => each.written?.keys || (each.sent?.shown.kind === "capture" && !each.sent.refused));
  return last?.sent;
}

function bubble({ written, sent }) {
  const item = element("li", { class: written ? "mine" : "theirs" }, element("span", { class: "hidden" }, written ? "You: " : "Workflow: "));
  if (written) item.append(...written.media.map(medium), written.keys ? `[pressed ${written.text}]` : written.text);
  else if (sent.channel === "converse") item.append(element("em", {}, sent.words));
  else item.append(...contents(sent, sent.shown));
  if (sent?.refused) {
    item.classList.add("refused");
    item.append(part(`Not delivered: ${sent.refused.code} ${sent.refused.message}`, "failure"));
  }
  return item;
}

const part = (text, kind) => element("span", { class: `part ${kind}` }, text);

function* contents(sent, shown) {
  for (const each of shown.media) yield medium(each);
  if (shown.header) yield part(shown.header, "header");
  if (shown.template) yield part(`Template ${shown.template}`, "template");
  if (shown.body) yield part(sent.channel === "voice" ? `Call: ${shown.body}` : shown.body, "body");
  else if (sent.channel === "voice") yield part(`Call: ${shown.kind}`, "body");
  if (shown.parameters.length) yield part(shown.parameters.join(" · "), "parameters");
  if (shown.footer) yield part(shown.footer, "footer");
  if (shown.fallback && shown.fallback !== shown.body) yield part(`Or by SMS: ${shown.fallback}`, "footer");
  if (shown.cards.length) yield cards(sent, shown.cards);
  if (shown.button) yield list(sent, shown);
  else if (shown.choices.length) yield choices(sent, shown.choices);
  if (!sent.words) yield part("(an empty message)", "footer");
}

function medium({ kind, url, name, detail }) {
  const figure = element("span", { class: `part medium ${kind}` });
  const caption = [name || url.split("?")[0].split("/").pop() || url, detail].filter(Boolean).join(", ");
  figure.append(icon(kind), element("span", { class: "hidden" }, `${kind}: `), element("span", { title: url }, caption));
  return figure;
}

function icon(kind) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of [["class", "icon"], ["viewBox", "0 0 24 24"], ["aria-hidden", "true"]]) svg.setAttribute(name, value);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[kind] ?? ICONS.file);
  svg.append(path);
  return svg;
}

function cards(sent, shown) {
  const row = element("span", { class: "cards", tabindex: "0", role: "group", "aria-label": "Cards, scrolls" });
  if (shown.length === 1) row.classList.add("one");
  for (const card of shown) {
    const box = element("span", { class: "card" });
    for (const each of card.media) box.append(medium(each));
    if (card.title) box.append(part(card.title, "header"));
    if (card.body) box.append(part(card.body, "body"));
    if (card.choices.length) box.append(choices(sent, card.choices));
    row.append(box);
  }
  return row;
}

function list(sent, shown) {
  const details = element("details", { class: "list" });
  details.append(element("summary", {}, shown.button));
  let section = "";
  for (const choice of shown.choices) {
    if (choice.section && choice.section !== section) details.append(part(choice.section, "section"));
    section = choice.section;
    details.append(offered(sent, choice));
  }
  return details;
}

function choices(sent, shown) {
  const group = element("span", { class: "choices", role: "group", "aria-label": "Choices" });
  group.append(...shown.flatMap(choice => choice.kind === "call_permission"
    ? [offered(sent, choice), offered(sent, { ...choice, shown: "Don't allow" }, { accepts: false })]
    : [offered(sent, choice)]));
  return group;
}

// A button that sends a reply, or the name of what would open on a real phone.
function offered(sent, choice, more = {}) {
  const title = choice.shown ?? choice.title;
  if (!choice.sends) {
    const opens = element("span", { class: "choice opens" });
    opens.append(icon(choice.kind), title);
    if (choice.target) opens.append(element("small", {}, choice.target));
    return opens;
  }
  if (choice.kind === "flow") return form(sent, choice);
  const button = element("button", { type: "button", class: "choice" }, title);
  if (choice.description) button.append(element("small", {}, choice.description));
  button.disabled = Boolean(sent.refused);
  button.addEventListener("click", () => guarded(() => tap(sent, choice, more)));
  return button;
}

function form(sent, choice) {
  const details = element("details", { class: "list" });
  const fields = element("form", {});
  const label = element("label", {}, "Answers (JSON)");
  const answers = element("textarea", { rows: "3" }, "{}");
  label.append(answers);
  fields.append(label, element("button", {}, "Send the form"));
  fields.addEventListener("submit", event => {
    event.preventDefault();
    guarded(() => tap(sent, choice, { answers: page.json(answers.value, "The answers are") }));
  });
  details.append(element("summary", {}, choice.title), fields);
  return details;
}

function tap(sent, choice, more) {
  const { channel } = chosen();
  return post("/taps", {
    sequence: sent.sequence, ...(choice.id ? { id: choice.id } : {}), title: choice.title, ...more,
    channel: channel === "sms" ? "whatsapp" : WIRE[channel] ?? channel });
}

async function write(text) {
  // At once, since a person may be writing the next message when the answer comes, and it may be the same text.
  $("text").value = "";
  try {
    await send(text);
  } catch (error) {
    if (!$("text").value) $("text").value = text;
    throw error;
  }
}

async function send(text) {
  const kind = $("kind").value, { channel } = chosen();
  const message = { channel: WIRE[channel] ?? channel, subAccountId: page.subAccount() };
  if (kind === "text") await post("/messages", { ...message, text });
  else if (kind !== "location") await post("/messages", { ...message, kind, url: text });
  else {
    const [latitude, longitude] = text.split(",").map(Number);
    if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) {
      throw new Error("A place is its latitude and longitude, such as 1.2857, 103.8479.");
    }
    await post("/messages", { ...message, location: { latitude, longitude } });
  }
}

async function post(path, body) {
  if (!chosen().customer) throw new Error("The phone needs a number: write one beside its channel.");
  const account = page.account();
  const where = account === null ? path : `${path}?accountId=${encodeURIComponent(account)}`;
  const { instances, resumed } = await page.ask("POST", where, { number: $("number").value.trim(), ...body });
  if (!instances.length && !resumed.length) {
    page.complain("The message is delivered, but nothing happened: no instance waits for it, and no enabled definition starts on it.", "note");
  }
  await page.done([...resumed, ...instances]);
}

async function press(key) {
  const { resumed } = await page.ask("POST", "/keys", { sequence: call().sequence, keys: key });
  if (!resumed.length) throw new Error("No workflow waits for keys of this call.");
  await page.done(resumed);
}
