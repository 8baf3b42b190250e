// The page's state is its address: #/definitions/ACCOUNT/ID?version=…&step=…, #/instances/ID?step=…, and the lists.

const PLAIN = ["version", "step", "tab", "list", "q", "status", "of", "page", "log", "phone", "pane", "traffic"];

export function read(hash = location.hash) {
  const [path, query] = hash.replace(/^#\/?/, "").split("?");
  const state = Object.fromEntries([...new URLSearchParams(query)].filter(([name]) => PLAIN.includes(name)));
  const [kind, ...ids] = path.split("/").map(decode);
  if (kind === "definitions" && ids.length === 2) Object.assign(state, { account: ids[0], definition: ids[1] });
  if (kind === "instances" && ids.length === 1) state.instance = ids[0];
  return state;
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function write(state) {
  const path = state.instance ? `instances/${encodeURIComponent(state.instance)}`
    : state.definition ? `definitions/${encodeURIComponent(state.account)}/${encodeURIComponent(state.definition)}` : "";
  const query = new URLSearchParams(PLAIN.filter(name => state[name]).map(name => [name, state[name]]));
  return `#/${path}${query.size ? `?${query}` : ""}`;
}

// Another definition or instance: what belongs to the last one is gone, the lists stay.
export function choose(state, selection) {
  const { list, q, status, of, page, traffic } = state;
  return { list, q, status, of, page, traffic, ...selection };
}
