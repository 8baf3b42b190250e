// Draws the steps where the emulator placed them (the layout of reviews), with the way that an instance took.

const SVG = "http://www.w3.org/2000/svg";
const LEAST = 0.4, MOST = 3;
// Signs besides the colours, drawn around 0, 0.
const SIGNS = {
  Complete: "M-3.2 .2l2.2 2.4 4.2-4.8",
  Failed: "M-2.6-2.6l5.2 5.2M2.6-2.6l-5.2 5.2",
  Cancelled: "M-3 0h6",
  Sleeping: "M0-3V0l2.2 1.6",
  WaitingForEvent: "M0-3V0l2.2 1.6",
  Running: "M-1.8-3v6l4.6-3z",
  Pending: "M-1.8-3v6l4.6-3z",
};
const WORDS = { WaitingForEvent: "waits", Sleeping: "sleeps", Complete: "complete", Failed: "failed", Cancelled: "cancelled", Running: "runs", Pending: "pending" };

let zoom = 1;
let size = null;   // {width, height} of the drawing
let graph = null;  // what is drawn
let page = null;   // {select}

const holder = () => document.getElementById("graph");

function make(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export function start(given) {
  page = given;
  document.getElementById("zoom-in").addEventListener("click", () => scale(zoom * 1.25));
  document.getElementById("zoom-out").addEventListener("click", () => scale(zoom / 1.25));
  document.getElementById("zoom-actual").addEventListener("click", () => scale(1));
  document.getElementById("zoom-fit").addEventListener("click", () => scale(fitting(LEAST)));
  holder().addEventListener("keydown", keys);
}

// The graph in the middle of what is seen stays there.
function scale(to) {
  const box = holder();
  const before = zoom;
  zoom = Math.min(MOST, Math.max(LEAST, Math.round(to * 100) / 100));
  const [x, y] = [box.scrollLeft + box.clientWidth / 2, box.scrollTop + box.clientHeight / 2];
  apply();
  box.scrollTo(x * zoom / before - box.clientWidth / 2, y * zoom / before - box.clientHeight / 2);
}

function apply() {
  const svg = holder().querySelector("svg");
  svg?.setAttribute("width", size.width * zoom);
  svg?.setAttribute("height", size.height * zoom);
  document.getElementById("zoom-actual").textContent = `${Math.round(zoom * 100)} %`;
  document.getElementById("zoom-out").disabled = zoom <= LEAST;
  document.getElementById("zoom-in").disabled = zoom >= MOST;
}

const fitting = least => Math.max(least, Math.min(1, holder().clientWidth / size.width, least === LEAST ? holder().clientHeight / size.height : 9));

// A workflow that is drawn for the first time shows its first step, as large as its width allows within limits.
export function draw(key, shapes, progress, selected, traffic) {
  const box = holder();
  if (box.dataset.of !== key) {
    box.dataset.of = key;
    delete box.dataset.progress;
    graph = shapes;
    size = { width: Math.max(shapes.width, 1), height: Math.max(shapes.height, 1) };
    zoom = Math.round(fitting(0.85) * 100) / 100;
    box.replaceChildren(picture(shapes));
    apply();
    const first = shapes.boxes[0];
    if (first) box.scrollTo((first.x + first.width / 2) * zoom - box.clientWidth / 2, first.y * zoom - box.clientHeight / 3);
  }
  const now = JSON.stringify([progress, selected, traffic]);
  if (box.dataset.progress === now) return;
  box.dataset.progress = now;
  mark(progress, selected);
  count(traffic);
}

function picture(shapes) {
  const svg = make("svg", { viewBox: `0 0 ${size.width} ${size.height}`, role: "listbox", "aria-label": "Steps of the workflow" });
  const lines = make("g", { "aria-hidden": "true" });
  for (const [index, arrow] of shapes.arrows.entries()) {
    lines.append(make("g", { class: "edge", "data-arrow": index, "data-from": arrow.from, "data-to": arrow.to },
      make("path", { class: "way", d: arrow.line }), make("path", { class: "head", d: arrow.head })));
  }
  for (const arrow of shapes.arrows) {
    if (!arrow.middle) continue;
    const [x, y] = arrow.middle;
    lines.append(make("g", { class: "edge-label", "data-from": arrow.from, "data-to": arrow.to },
      make("rect", { class: "plate", x: x - arrow.width / 2, y: y - 7, width: arrow.width, height: 14 }),
      make("text", { x, y: y + 4 }, arrow.label)));
  }
  svg.append(lines, make("g", { class: "counts", "aria-hidden": "true" }), ...shapes.boxes.map(step));
  return svg;
}

function step(box, index) {
  const middle = box.x + box.width / 2;
  const made = make("g", { class: `step ${box.state}`, role: "option", "aria-selected": "false", tabindex: index ? "-1" : "0", "data-step": box.id, "data-focus": box.id },
    make("rect", { class: "ring", x: box.x - 3, y: box.y - 3, width: box.width + 6, height: box.height + 6, rx: 9 }),
    make("rect", { class: "box", x: box.x, y: box.y, width: box.width, height: box.height, rx: 6 }),
    make("text", { class: "name", x: middle, y: box.y + (box.kind ? 17 : 24) }, box.name));
  if (box.kind) made.append(make("text", { class: "kind", x: middle, y: box.y + 31 }, box.kind));
  made.append(make("g", { class: "badge", transform: `translate(${box.x + box.width - 4} ${box.y + 2})` }));
  made.addEventListener("click", () => { focus(made); page.select(box.id); });
  return made;
}

// Marks the way, the status and the selection, without drawing anew.
function mark(progress, selected) {
  const steps = progress?.steps ?? {};
  const taken = new Map((progress?.taken ?? []).map(each => [JSON.stringify([each.from, each.to]), each.times]));
  for (const each of holder().querySelectorAll(".edge, .edge-label")) {
    each.classList.toggle("taken", taken.has(JSON.stringify([each.dataset.from, each.dataset.to])));
  }
  const all = [...holder().querySelectorAll(".step")];
  for (const [index, each] of all.entries()) {
    const box = graph.boxes[index], done = steps[box.id];
    const chosen = box.id === selected;
    each.setAttribute("class", ["step", box.state, done?.status ?? "", chosen ? "chosen" : ""].join(" ").trim());
    each.setAttribute("aria-selected", String(chosen));
    const what = done ? `, ${WORDS[done.status] ?? done.status}${done.times > 1 ? `, ran ${done.times} times` : ""}` : "";
    each.setAttribute("aria-label", `${box.id}, ${box.kind || "no type"}${what}`);
    badge(each.querySelector(".badge"), done);
  }
  const at = all.find(each => each.dataset.step === selected);
  if (at) {
    if (!holder().contains(document.activeElement)) rest(at);
    show(at);
  }
}

function badge(holder, done) {
  if (!done) return holder.replaceChildren();
  const many = done.times > 1 ? `×${done.times}` : "";
  const width = 16 + (many && 4 + many.length * 7);
  const parts = [make("rect", { x: 8 - width, y: -8, width, height: 16, rx: 8 }), make("path", { d: SIGNS[done.status] ?? "" })];
  if (many) parts.push(make("text", { x: -8 , y: 3.6, "text-anchor": "end" }, many));
  return holder.replaceChildren(...parts);
}

// The number of conversations that took each path and step; a path's width is their share.
function count(traffic) {
  const holders = holder().querySelector(".counts");
  const numbers = [];
  for (const each of holder().querySelectorAll(".edge")) {
    const arrow = graph.arrows[each.dataset.arrow];
    const edge = traffic?.edges.find(edge => edge.from === arrow.from && edge.to === arrow.to && edge.how === arrow.how);
    const way = each.querySelector(".way");
    way.style.strokeWidth = edge ? 1.4 + 6 * edge.took / Math.max(edge.of, 1) : "";
    if (!edge) continue;
    const label = arrow.middle, middle = way.getPointAtLength(way.getTotalLength() / 2);
    numbers.push(label ? pill(label[0], label[1] + 14, edge.took) : pill(middle.x, middle.y, edge.took));
  }
  for (const each of traffic?.steps ?? []) {
    const box = graph.boxes.find(box => box.id === each.step);
    if (box) numbers.push(pill(box.x + 2, box.y + 1, each.took));
  }
  holders.replaceChildren(...numbers);
  holder().querySelector("svg").append(holders);
}

function pill(x, y, number) {
  const text = number.toLocaleString("en"), width = 10 + text.length * 6.4;
  return make("g", { class: "pill" }, make("rect", { x: x - width / 2, y: y - 7.5, width, height: 15, rx: 7.5 }), make("text", { x, y: y + 3.6 }, text));
}

// Scrolls only the graph: the page around it stays.
function show(each) {
  const box = holder(), seen = box.getBoundingClientRect(), at = each.getBoundingClientRect();
  const left = at.left < seen.left ? at.left - seen.left - 12 : at.right > seen.right ? at.right - seen.right + 12 : 0;
  const top = at.top < seen.top ? at.top - seen.top - 12 : at.bottom > seen.bottom ? at.bottom - seen.bottom + 12 : 0;
  if (left || top) box.scrollBy(left, top);
}

function rest(each) {
  for (const other of holder().querySelectorAll(".step")) other.setAttribute("tabindex", other === each ? "0" : "-1");
}

function focus(each) {
  rest(each);
  each.focus({ preventScroll: true });
  show(each);
}

function keys(event) {
  const at = event.target.closest?.(".step");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const zooms = { "+": () => scale(zoom * 1.25), "=": () => scale(zoom * 1.25), "-": () => scale(zoom / 1.25), 0: () => scale(1), f: () => scale(fitting(LEAST)) };
  const all = [...holder().querySelectorAll(".step")];
  const to = at && (event.key === "Home" ? all[0] : event.key === "End" ? all.at(-1) : nearest(at, event.key));
  if (zooms[event.key]) zooms[event.key]();
  else if (at && (event.key === "Enter" || event.key === " ")) page.select(at.dataset.step);
  else if (to) focus(to);
  else return;
  event.preventDefault();
}

// The step that the arrow key points to: near in its direction, and not far aside.
function nearest(from, key) {
  const [x, y] = { ArrowDown: [0, 1], ArrowUp: [0, -1], ArrowRight: [1, 0], ArrowLeft: [-1, 0] }[key] ?? [];
  if (x === undefined) return null;
  const middle = box => [box.x + box.width / 2, box.y + box.height / 2];
  const [here, all] = [graph.boxes.find(box => box.id === from.dataset.step), [...holder().querySelectorAll(".step")]];
  const costs = graph.boxes.map((box, index) => {
    const [dx, dy] = middle(box).map((each, axis) => each - middle(here)[axis]);
    const along = dx * x + dy * y, aside = Math.abs(dx * y) + Math.abs(dy * x);
    return along > 1 ? [along + 2 * aside, all[index]] : null;
  }).filter(Boolean);
  return costs.sort(([one], [other]) => one - other)[0]?.[1] ?? null;
}
