// What all parts of the page need: elements, calls of the emulator, errors. Texts become text nodes, never HTML.

export const $ = id => document.getElementById(id);

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter(each => each !== null && each !== undefined && each !== ""));
  return made;
}

export async function ask(method, path, body) {
  const options = { method };
  if (body !== undefined) options.body = JSON.stringify(body);
  let response, answer;
  try {
    response = await fetch(`/_emulator${path}`, options);
    answer = await response.json();
  } catch (error) {
    throw Object.assign(new Error("The emulator does not answer."), { offline: true, cause: error });
  }
  if (!response.ok) throw Object.assign(new Error(answer.message), { status: response.status });
  return answer;
}

// Replaces what is in an element only when it differs, so that focus, scrolling and open parts stay.
export function fill(holder, key, make) {
  const text = JSON.stringify(key);
  if (holder.dataset.key === text) return false;
  const focused = holder.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
  holder.dataset.key = text;
  holder.replaceChildren(...make().flat(Infinity));
  if (focused !== undefined) [...holder.querySelectorAll("[data-focus]")].find(each => each.dataset.focus === focused)?.focus();
  return true;
}

// Only one of the items is a stop for Tab; the arrows move between them.
export function rove(holder, selector, moves = { ArrowDown: 1, ArrowUp: -1 }, then = () => {}) {
  holder.addEventListener("keydown", event => {
    const items = [...holder.querySelectorAll(selector)].filter(each => each.checkVisibility());
    const at = items.indexOf(event.target);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = { Home: 0, End: items.length - 1 }[event.key] ?? at + (moves[event.key] ?? 0);
    if (to === at || !items[to]) return;
    event.preventDefault();
    stop(holder.querySelectorAll(selector), items[to]);
    items[to].focus();
    then(items[to]);
  });
}

export function stop(items, item) {
  for (const each of items) each.setAttribute("tabindex", each === item ? "0" : "-1");
}

// An error of what a person did stays until it is dismissed; the same error again doesn't stand there twice.
const MOST = 4;

export function complain(text, kind = "error") {
  const same = [...$("problems").children].find(each => each.dataset.text === text);
  same?.remove();
  const close = element("button", { type: "button", "aria-label": `Dismiss: ${text}` }, "×");
  const shown = element("p", { class: kind, "data-text": text }, element("span", {}, text), close);
  close.addEventListener("click", () => shown.remove());
  $("problems").append(shown);
  while ($("problems").childElementCount > MOST) $("problems").firstElementChild.remove();
}

export async function guarded(work) {
  try {
    await work();
  } catch (error) {
    if (error.offline) lost(error);
    else complain(error.message);
  }
}

// While the emulator doesn't answer, the page says so, and nothing else: it tries again by itself.
export function lost(error) {
  const text = error ? `${error.message} The page shows what it knew, and tries again.` : "";
  if ($("offline").textContent !== text) $("offline").textContent = text;
  $("offline").hidden = !text;
}

export const day = moment => moment ? moment.slice(0, 19).replace("T", " ") : "";
export const clock = moment => moment ? moment.slice(11, 19) : "";
