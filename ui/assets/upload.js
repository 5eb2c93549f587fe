// A place to drop files. Each goes to /api/uploads by XHR, which (unlike fetch) tells how far it is.
const state = new WeakMap();

const size = (n) => {
  let value = n;
  for (const unit of ["B", "KB", "MB", "GB"]) {
    if (value < 1000 || unit === "GB") return `${value >= 100 || unit === "B" ? Math.round(value) : value.toPrecision(3)} ${unit}`;
    value /= 1024;
  }
};

const make = (tag, name, text) => {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (text !== undefined) node.textContent = text;
  return node;
};

function build(root) {
  const drop = make("div", "drop");
  drop.innerHTML = '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M12 16V4m0 0L7 9m5-5 5 5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3"/></svg>';
  const words = make("div", "words");
  const title = make("b");
  const note = make("span");
  words.append(title, note);
  const browse = make("button");
  browse.type = "button";
  const input = make("input");
  input.type = "file";
  input.tabIndex = -1;
  drop.append(words, browse, input);
  const list = make("ul");
  list.setAttribute("aria-live", "polite");
  root.append(drop, list);
  return { drop, title, note, browse, input, list, files: [] };
}

function row(me, file) {
  const line = make("li");
  const name = make("div", "name", `${file.name} `);
  const meta = make("span", "meta", size(file.size));
  name.append(meta);
  const button = make("button", "small", me.data.words.cancel);
  button.type = "button";
  button.setAttribute("aria-label", `${me.data.words.cancel} ${file.name}`);
  const bar = make("div", "bar");
  bar.setAttribute("role", "progressbar");
  bar.setAttribute("aria-valuemin", "0");
  bar.setAttribute("aria-valuemax", "100");
  bar.setAttribute("aria-label", file.name);
  const fill = make("i");
  bar.append(fill);
  line.append(name, button, bar);
  me.ui.list.append(line);
  return { line, meta, button, bar, fill };
}

function wrong(view, text) {
  view.bar.remove();
  view.line.append(make("div", "wrong", text));
}

function tell(me) {
  me.setStateValue("files", me.ui.files.map((item) => item.id));
}

function send(me, file) {
  const words = me.data.words;
  if (!me.data.multiple) {
    for (const item of [...me.ui.files]) remove(me, item);
    me.ui.list.replaceChildren();
  }
  const view = row(me, file);
  if (file.size > me.data.limit) {
    view.button.textContent = words.remove;
    view.button.onclick = () => view.line.remove();
    return wrong(view, words.too_big);
  }
  const xhr = new XMLHttpRequest();
  const started = performance.now();
  view.button.onclick = () => { xhr.abort(); view.line.remove(); };
  xhr.upload.onprogress = (event) => {
    const share = event.loaded / (event.total || file.size || 1);
    const left = ((performance.now() - started) / 1000) * (1 / Math.max(share, 0.001) - 1);
    view.fill.style.width = `${(share * 100).toFixed(1)}%`;
    view.bar.setAttribute("aria-valuenow", Math.round(share * 100));
    const time = left > 3 ? ` · ${words.left.replace("{time}", left > 90 ? `${Math.round(left / 60)} min` : `${Math.round(left)} s`)}` : "";
    view.meta.textContent = share < 1
      ? `${size(event.loaded)} / ${size(file.size)} · ${Math.round(share * 100)} %${time}`
      : `${size(file.size)} · ${words.checking}`;
  };
  const failed = (text) => {
    view.button.textContent = words.remove;
    view.button.onclick = () => view.line.remove();
    wrong(view, text);
  };
  xhr.onerror = () => failed(words.failed);
  xhr.onload = () => {
    let answer = {};
    try { answer = JSON.parse(xhr.responseText); } catch { answer = {}; }
    if (xhr.status !== 200) return failed([answer.error, answer.hint].filter(Boolean).join(" ") || words.failed);
    view.bar.remove();
    view.meta.textContent = size(answer.bytes);
    const item = { id: answer.id, line: view.line };
    view.button.textContent = words.remove;
    view.button.setAttribute("aria-label", `${words.remove} ${file.name}`);
    view.button.onclick = () => { remove(me, item); tell(me); };
    me.ui.files.push(item);
    tell(me);
  };
  const query = new URLSearchParams({ name: file.name, lang: me.data.lang });
  xhr.open("PUT", `/api/uploads?${query}`);
  xhr.setRequestHeader("Content-Type", "application/octet-stream");
  xhr.send(file);
}

function remove(me, item) {
  fetch(`/api/uploads/${item.id}`, { method: "DELETE" });
  item.line.remove();
  me.ui.files = me.ui.files.filter((other) => other !== item);
}

export default function (component) {
  const { parentElement, data, setStateValue } = component;
  const root = parentElement.querySelector(".up");
  let me = state.get(parentElement);
  if (!me) {
    me = { ui: build(root) };
    state.set(parentElement, me);
  }
  Object.assign(me, { data, setStateValue });
  const { drop, title, note, browse, input } = me.ui;
  title.textContent = data.label || data.words.drop;
  note.textContent = data.words.note;
  browse.textContent = data.words.browse;
  input.multiple = Boolean(data.multiple);
  input.accept = data.accept;
  const take = (files) => [...files].slice(0, data.multiple ? 50 : 1).forEach((file) => send(me, file));
  drop.onclick = (event) => { if (event.target !== input) input.click(); };
  input.onchange = () => { take(input.files); input.value = ""; };
  drop.ondragover = (event) => { event.preventDefault(); drop.classList.add("over"); };
  drop.ondragleave = () => drop.classList.remove("over");
  drop.ondrop = (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    take(event.dataTransfer.files);
  };
}
