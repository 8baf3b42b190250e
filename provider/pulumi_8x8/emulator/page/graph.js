// Draws a workflow as a graph, from top to bottom, with the way that an instance took.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 186, HEIGHT = 44, ACROSS = 206, DOWN = 84;

function make(name, attributes = {}, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

// All steps, those inside of others too, with their edges: [to, why].
function collect(steps, found = new Map()) {
  for (const step of Array.isArray(steps) ? steps : []) {
    if (typeof step !== "object" || step === null || found.has(String(step.id))) continue;
    const edges = Object.entries(step.selectNextStep ?? {});
    if (!edges.length && step.nextStepId != null) edges.push([String(step.nextStepId), ""]);
    const inside = (Array.isArray(step.do) ? step.do : []).filter(each => Array.isArray(each) && each.length);
    found.set(String(step.id), { type: step.stepType, edges: [...inside.map(each => [String(each[0].id), "inside"]), ...edges] });
    for (const sequence of inside) collect(sequence, found);
  }
  return found;
}

// Row and column of each step: as many edges from the start as the shortest way has.
function place(steps) {
  const places = new Map();
  const rows = [];
  const put = (id, row) => {
    if (places.has(id)) return false;
    (rows[row] ??= []).push(id);
    places.set(id, [row, rows[row].length - 1]);
    return true;
  };
  for (const start of steps.keys()) {
    if (places.has(start)) continue;
    let level = [start];
    put(start, rows.length);
    for (let row = places.get(start)[0] + 1; level.length; row++) {
      const next = level.flatMap(id => (steps.get(id)?.edges ?? []).map(([to]) => to));
      level = next.filter(to => put(to, row));
    }
  }
  return { places, rows };
}

const cut = (text, length) => text.length > length ? `${text.slice(0, length - 1)}…` : text;

export function draw(holder, definition, instance) {
  const status = Object.fromEntries((instance?.logs ?? []).map(log => [log.stepName, log.status]));
  const taken = new Set((instance?.taken ?? []).map(pair => JSON.stringify(pair)));
  const key = JSON.stringify([definition, status, [...taken]]);
  if (holder.dataset.key === key) return;
  holder.dataset.key = key;
  const steps = collect(definition);
  const { places, rows } = place(steps);
  const columns = Math.max(1, ...rows.map(row => row.length));
  const [width, height] = [columns * ACROSS + 20, Math.max(1, rows.length) * DOWN];
  const middle = id => {
    const [row, column] = places.get(id);
    return [10 + (columns - rows[row].length) * ACROSS / 2 + column * ACROSS + WIDTH / 2, 10 + row * DOWN];
  };
  const svg = make("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img" });
  svg.append(make("title", {}, `${steps.size} steps; done so far: ${Object.keys(status).join(", ") || "none"}`));
  for (const kind of ["", "taken"]) {
    const marker = make("marker", { id: `arrow${kind}`, class: kind, viewBox: "0 0 10 10", refX: 9, refY: 5,
      markerWidth: 7, markerHeight: 7, markerUnits: "userSpaceOnUse", orient: "auto" });
    marker.append(make("path", { d: "M0 0 10 5 0 10z" }));
    svg.append(marker);
  }
  for (const [id, step] of steps) {
    for (const [to, why] of step.edges) {
      const [x1, y1] = middle(id), [x2, y2] = middle(to);
      const kind = taken.has(JSON.stringify([id, to])) ? "taken" : "";
      const back = y2 <= y1;
      const side = Math.max(x1, x2) + WIDTH / 2 + 16;
      const d = back
        ? `M${x1 + WIDTH / 2} ${y1 + HEIGHT / 2} C${side} ${y1 + HEIGHT / 2} ${side} ${y2 + HEIGHT / 2} ${x2 + WIDTH / 2} ${y2 + HEIGHT / 2}`
        : `M${x1} ${y1 + HEIGHT} C${x1} ${y1 + HEIGHT + 26} ${x2} ${y2 - 26} ${x2} ${y2}`;
      const edge = make("g", { class: `edge ${kind}` });
      edge.append(make("path", { d, "marker-end": `url(#arrow${kind})` }), make("title", {}, why ?? "otherwise"));
      svg.append(edge);
    }
  }
  for (const id of places.keys()) {
    const [x, y] = middle(id);
    const step = steps.get(id);
    const node = make("g", { class: ["step", status[id] ?? "", step ? "" : "missing"].join(" ").trim() });
    node.append(
      make("rect", { x: x - WIDTH / 2, y, width: WIDTH, height: HEIGHT, rx: 6 }),
      make("text", { x, y: y + 18, "text-anchor": "middle" }, cut(id, 23)),
      make("text", { x, y: y + 35, "text-anchor": "middle", class: "type" }, cut(step ? `${step.type}${status[id] ? ` · ${status[id]}` : ""}` : "no such step", 28)),
      make("title", {}, id));
    svg.append(node);
  }
  holder.replaceChildren(svg);
}
