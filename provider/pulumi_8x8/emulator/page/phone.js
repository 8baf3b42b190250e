// The phone: shows what a customer gets, and sends what the customer writes, taps and presses. The emulator reads the
// messages and makes the replies; this file only shows them. Nothing is loaded from other hosts, pictures neither.

const $ = id => document.getElementById(id);
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
const digits = text => String(text ?? "").trim().replace(/^\+/, "");

const thread = [];  // {number, mine, text} or {number, sent}
let seen = 0;       // sequence number of the last message of the outbox that was looked at
let call = null;    // the voice call in which keys can be pressed
let page = null;    // {ask, element, guarded, account, subAccount, done}

export function start(given) {
  page = given;
  for (const key of "123456789*0#") {
    const button = page.element("button", key, { type: "button" });
    button.addEventListener("click", () => page.guarded(() => press(key)));
    $("keys").append(button);
  }
  $("send").addEventListener("submit", event => {
    event.preventDefault();
    const written = $("text").value;
    $("text").value = "";
    if (written) page.guarded(() => write(written));
  });
  $("number").addEventListener("input", () => page.guarded(show));
  $("channel").addEventListener("change", ready);
  $("kind").addEventListener("change", ready);
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

export async function receive() {
  for (const sent of await page.ask("GET", `/outbox?after=${seen}`)) {
    if (sent.sequence <= seen) continue;  // another refresh was quicker
    seen = sent.sequence;
    thread.push({ number: digits(sent.receiver), sent });
    if (sent.shown.kind === "capture" && !sent.refused) call = { sequence: sent.sequence, number: digits(sent.receiver) };
  }
  show();
}

// Adds what is new, so that focus, scrolling and open lists stay as they are.
function show() {
  const number = digits($("number").value);
  const mine = thread.filter(each => each.number === number);
  const list = $("thread");
  if (list.dataset.number !== number) list.replaceChildren();
  list.dataset.number = number;
  const added = mine.slice(list.childElementCount);
  list.append(...added.map(bubble));
  if (added.length) list.scrollTop = list.scrollHeight;
  $("keypad").hidden = call?.number !== number;
}

function bubble({ mine, text, sent }) {
  const item = page.element("li", "", { class: mine ? "mine" : "theirs" });
  item.append(page.element("span", mine ? "You: " : "Workflow: ", { class: "hidden" }));
  if (mine) item.append(text);
  else if (sent.channel === "converse") item.append(page.element("em", sent.words));
  else item.append(...contents(sent, sent.shown));
  if (sent?.refused) {
    item.classList.add("refused");
    item.append(part(`Not delivered: ${sent.refused.code} ${sent.refused.message}`, "failure"));
  }
  return item;
}

const part = (text, kind) => page.element("span", text, { class: `part ${kind}` });

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
  const figure = page.element("span", "", { class: `part medium ${kind}` });
  const caption = [name || url.split("?")[0].split("/").pop() || url, detail].filter(Boolean).join(", ");
  figure.append(icon(kind), page.element("span", `${kind}: `, { class: "hidden" }), page.element("span", caption, { title: url }));
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
  const row = page.element("span", "", { class: "cards", tabindex: "0", role: "group", "aria-label": "Cards, scrolls" });
  if (shown.length === 1) row.classList.add("one");
  for (const card of shown) {
    const box = page.element("span", "", { class: "card" });
    for (const each of card.media) box.append(medium(each));
    if (card.title) box.append(part(card.title, "header"));
    if (card.body) box.append(part(card.body, "body"));
    if (card.choices.length) box.append(choices(sent, card.choices));
    row.append(box);
  }
  return row;
}

function list(sent, shown) {
  const details = page.element("details", "", { class: "list" });
  details.append(page.element("summary", shown.button));
  let section = "";
  for (const choice of shown.choices) {
    if (choice.section && choice.section !== section) details.append(part(choice.section, "section"));
    section = choice.section;
    details.append(offered(sent, choice));
  }
  return details;
}

function choices(sent, shown) {
  const group = page.element("span", "", { class: "choices", role: "group", "aria-label": "Choices" });
  group.append(...shown.flatMap(choice => choice.kind === "call_permission"
    ? [offered(sent, choice), offered(sent, { ...choice, shown: "Don't allow" }, { accepts: false })]
    : [offered(sent, choice)]));
  return group;
}

// A button that sends a reply, or the name of what would open on a real phone.
function offered(sent, choice, more = {}) {
  const title = choice.shown ?? choice.title;
  if (!choice.sends) {
    const opens = page.element("span", "", { class: "choice opens" });
    opens.append(icon(choice.kind), title);
    if (choice.target) opens.append(page.element("small", choice.target));
    return opens;
  }
  if (choice.kind === "flow") return form(sent, choice);
  const button = page.element("button", title, { type: "button", class: "choice" });
  if (choice.description) button.append(page.element("small", choice.description));
  button.disabled = Boolean(sent.refused);
  button.addEventListener("click", () => page.guarded(() => tap(sent, choice, more)));
  return button;
}

function form(sent, choice) {
  const details = page.element("details", "", { class: "list" });
  const fields = page.element("form", "");
  const label = page.element("label", "Answers (JSON)");
  const answers = page.element("textarea", "{}", { rows: "3" });
  label.append(answers);
  fields.append(label, page.element("button", "Send the form"));
  fields.addEventListener("submit", event => {
    event.preventDefault();
    page.guarded(async () => {
      let given;
      try {
        given = JSON.parse(answers.value);
      } catch (error) {
        throw new Error(`The answers are not JSON: ${error.message}`);
      }
      await tap(sent, choice, { answers: given });
    });
  });
  details.append(page.element("summary", choice.title), fields);
  return details;
}

function tap(sent, choice, more) {
  const written = (choice.shown ?? choice.title) + (more.answers ? `: ${JSON.stringify(more.answers)}` : "");
  return post("/taps", written, {
    sequence: sent.sequence, ...(choice.id ? { id: choice.id } : {}), title: choice.title, ...more,
    channel: $("channel").value === "sms" ? "whatsapp" : $("channel").value });
}

async function write(text) {
  const kind = $("kind").value;
  const message = { channel: $("channel").value, subAccountId: page.subAccount() };
  if (kind === "text") return post("/messages", text, { ...message, text });
  if (kind !== "location") return post("/messages", `[${kind}] ${text}`, { ...message, kind, url: text });
  const [latitude, longitude] = text.split(",").map(Number);
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) {
    throw new Error("A place is its latitude and longitude, such as 1.2857, 103.8479.");
  }
  return post("/messages", `[location] ${text}`, { ...message, location: { latitude, longitude } });
}

// Shows what the customer sends before the emulator has it, since the answers may come first otherwise.
async function send(number, text, path, body) {
  const entry = { number: digits(number), mine: true, text };
  thread.push(entry);
  show();
  try {
    return await page.ask("POST", path, body);
  } catch (error) {
    forget(entry);
    throw error;
  }
}

function forget(entry) {
  thread.splice(thread.indexOf(entry), 1);
  delete $("thread").dataset.number;  // draws everything again
  show();
}

async function post(path, text, body) {
  const account = page.account();
  const number = $("number").value.trim();
  const where = account === null ? path : `${path}?accountId=${encodeURIComponent(account)}`;
  const { instances, resumed } = await send(number, text, where, { number, ...body });
  await page.done([...resumed, ...instances]);
}

async function press(key) {
  const { sequence, number } = call;
  const { resumed } = await send(number, `[pressed ${key}]`, "/keys", { sequence, keys: key });
  if (!resumed.length) {
    forget(thread.findLast(each => each.mine));
    throw new Error("No workflow waits for keys of this call.");
  }
  call = null;
  await page.done(resumed);
}
