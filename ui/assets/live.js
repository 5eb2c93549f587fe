// One run, live: progress, metric over processor, memory, disk and GPU on one time axis, and the log.
// Asks /api/runs/<id>/live by cursor, appends, and lets Plotly.react draw in place, so that zoom,
// scroll, search and the chosen metric stay as they are. Stops when the run is over.
const state = new WeakMap();

const make = (tag, name, text) => {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (text !== undefined) node.textContent = text;
  return node;
};

function build(root, data) {
  const words = data.words;
  const ui = {};
  const progress = make("div");
  const top = make("div", "top");
  ui.what = make("span", "what");
  ui.times = make("span", "times");
  top.append(ui.what, ui.times);
  const bar = make("div", "bar");
  bar.setAttribute("role", "progressbar");
  bar.setAttribute("aria-label", words.progress);
  bar.setAttribute("aria-valuemin", "0");
  bar.setAttribute("aria-valuemax", "100");
  ui.bar = bar;
  ui.fill = make("i");
  bar.append(ui.fill);
  ui.warning = make("div", "warning");
  ui.warning.setAttribute("role", "status");
  progress.append(top, bar, ui.warning);
  ui.progress = progress;

  const charts = make("div", "box");
  const head = make("div", "head");
  head.append(make("h2", "", words.charts));
  ui.pick = make("select");
  ui.pick.setAttribute("aria-label", words.metric);
  ui.pick.hidden = true;
  head.append(ui.pick);
  ui.note = make("div", "note");
  ui.plot = make("div", "plot");
  ui.plot.setAttribute("role", "img");
  ui.plot.setAttribute("aria-label", words.charts);
  charts.append(head, ui.note, ui.plot);

  const log = make("div", "box");
  const logHead = make("div", "head");
  logHead.append(make("h2", "", words.log));
  ui.hits = make("span", "hits");
  ui.search = make("input");
  ui.search.type = "search";
  ui.search.placeholder = words.search;
  ui.search.setAttribute("aria-label", words.search);
  const follow = make("label");
  ui.follow = make("input");
  ui.follow.type = "checkbox";
  ui.follow.checked = true;
  follow.append(ui.follow, document.createTextNode(words.follow));
  const get = make("a", "get", words.download);
  get.href = `/api/runs/${data.run}/files/log`;
  get.setAttribute("download", "");
  logHead.append(ui.hits, ui.search, follow, get);
  ui.log = make("pre");
  ui.log.tabIndex = 0;
  ui.log.textContent = words.empty_log;
  log.append(logHead, ui.log);
  root.append(progress, charts, log);
  return ui;
}

function colours(me) {
  const css = getComputedStyle(me.root);
  const of = (name) => css.getPropertyValue(name).trim();
  return {
    text: of("--st-text-color") || "#888",
    line: of("--st-border-color") || "#ccc",
    red: of("--st-red-color") || "#d33",
    paper: of("--st-background-color") || "#fff",
    font: of("--st-font") || "sans-serif",
    list: me.data.palette,
  };
}

// Lines of the chosen metric: one a fold, training dashed, the hold-out as a diamond.
function metricTraces(me, look, from) {
  const groups = new Map();
  for (const point of me.points) {
    if (point.name !== me.metric) continue;
    const id = `${point.split}/${point.fold}`;
    if (!groups.has(id)) groups.set(id, []);
    groups.get(id).push(point);
  }
  const words = me.data.words;
  return [...groups.values()].map((points) => {
    const { split, fold } = points[0];
    const colour = look.list[Math.max(fold - 1, 0) % look.list.length];
    const name = split === "holdout" ? words.holdout : fold ? words.fold.replace("{n}", fold) : me.data.labels[me.metric] || me.metric;
    return {
      x: points.map((p) => p.t - from),
      y: points.map((p) => p.value),
      customdata: points.map((p) => p.step),
      name: split === "train" ? `${name} (${words.train})` : name,
      mode: points.length > 1 ? "lines" : "markers",
      line: { width: 2, color: colour, dash: split === "train" ? "dot" : "solid" },
      marker: { size: split === "holdout" ? 11 : 9, color: colour, symbol: split === "holdout" ? "diamond" : "circle" },
      hovertemplate: "%{y:.4f} (%{customdata})<extra>%{fullData.name}</extra>",
      xaxis: "x", yaxis: "y", showlegend: points.length > 1 || split === "holdout" || groups.size < 12,
    };
  });
}

// Megabytes a second between one sample and the one before.
const rates = (samples, name) => samples.map((s, i) => {
  const before = i ? samples[i - 1] : { t: s.t - 0.5, [name]: 0 };
  return Math.max(s[name] - before[name], 0) / Math.max(s.t - before.t, 0.1);
});

// What of the machine is drawn under the metric: a disk that did nothing and a GPU that was not
// given take no room.
function tracks(me) {
  const { words } = me.data, { samples } = me, limits = me.limits || {};
  const of = (pick) => samples.map(pick);
  const threads = of((s) => s.threads);
  const found = [
    { title: words.cpu, unit: words.cores, limit: limits.cpu_cores, one: words.core,
      lines: [{ name: words.cpu, y: of((s) => s.cpu_percent / 100), colour: 1, extra: threads, more: ` · %{customdata} ${words.threads}` }] },
    { title: words.memory, unit: words.gb, limit: limits.memory_gb, one: words.gb,
      lines: [{ name: words.memory, y: of((s) => s.memory_mb / 1024), colour: 3 }] },
  ];
  const last = samples[samples.length - 1] || {};
  if (last.read_mb > 1 || last.write_mb > 1) {
    found.push({ title: words.disk, unit: words.rate, lines: [
      { name: words.read, y: rates(samples, "read_mb"), colour: 6 },
      { name: words.written, y: rates(samples, "write_mb"), colour: 5 },
    ] });
  }
  if (limits.gpus) {
    found.push({ title: words.gpu, unit: "%", lines: [{ name: words.gpu, y: of((s) => s.gpu_percent), colour: 0 }] });
    found.push({ title: words.gpu_memory, unit: words.gb, one: words.gb, limit: limits.gpu_memory_gb,
      lines: [{ name: words.gpu_memory, y: of((s) => (s.gpu_memory_mb ?? 0) / 1024), colour: 2 }] });
  }
  return found;
}

function usageTraces(me, look, from, found) {
  const x = me.samples.map((s) => s.t - from);
  return found.flatMap((track, place) => track.lines.map((line) => ({
    x, y: line.y, name: line.name, mode: "lines", fill: "tozeroy", customdata: line.extra,
    line: { width: 1.6, color: look.list[line.colour] }, fillcolor: `${look.list[line.colour]}22`,
    hovertemplate: `%{y:.2f} ${track.unit}${line.more || ""}<extra>${line.name}</extra>`,
    xaxis: "x", yaxis: `y${place + 2}`, showlegend: false,
  })));
}

function limitLines(me, look, found) {
  return found.flatMap(({ limit, one, unit }, place) => limit ? [{
    type: "line", xref: "paper", x0: 0, x1: 1, yref: `y${place + 2}`, y0: limit, y1: limit, line: { color: look.red, width: 1.4, dash: "dash" },
    label: { text: `${limit} ${limit === 1 ? one : unit} ${me.data.words.allocated}`, textposition: "end", yanchor: "bottom", font: { size: 11, color: look.text } },
  }] : []);
}

// From the top down: the metric twice as high as each track, a gap between all of them.
function places(count, metric) {
  const gap = 0.055, heights = [metric ? 2 : 0, ...Array(count).fill(1)];
  const unit = (1 - gap * (metric ? count : count - 1)) / heights.reduce((a, b) => a + b);
  let top = 1;
  return heights.map((height) => {
    const place = [Math.max(top - height * unit, 0), top];
    if (height) top = place[0] - gap;
    return height ? place : [0.99, 1];
  });
}

function layoutOf(me, look, found) {
  const roof = (values, limit) => Math.max(limit ? limit * 1.28 : 0, ...values.map((v) => v * 1.1), 0.1);
  const axis = { gridcolor: look.line, zeroline: false, linecolor: look.line, tickfont: { size: 11 }, title: { font: { size: 12 }, standoff: 6 }, automargin: true };
  const words = me.data.words;
  // Without a metric yet its place would be a hole above the others.
  const domains = places(found.length, me.points.length > 0);
  const rows = Object.fromEntries(found.map((track, place) => [`yaxis${place + 2}`, {
    ...axis, domain: domains[place + 1], title: { ...axis.title, text: `${track.title} (${track.unit})` },
    range: [0, roof(track.lines.flatMap((line) => line.y), track.limit)], nticks: 4,
  }]));
  return {
    uirevision: `${me.data.run}/${me.metric}`,
    margin: { l: 8, r: 8, t: 8, b: 8 },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: look.font, size: 12, color: look.text },
    hovermode: "x unified", hoverlabel: { bgcolor: look.paper, bordercolor: look.line, font: { color: look.text } },
    legend: { orientation: "h", y: 1.01, yanchor: "bottom", x: 1, xanchor: "right", font: { size: 11 } },
    grid: { rows: found.length + 1, columns: 1 },
    xaxis: { ...axis, anchor: `y${found.length + 1}`, title: { ...axis.title, text: words.time }, rangemode: "tozero" },
    yaxis: { ...axis, domain: domains[0], visible: me.points.length > 0, title: { ...axis.title, text: me.data.labels[me.metric] || me.metric } },
    ...rows,
    shapes: limitLines(me, look, found),
  };
}

async function draw(me) {
  const Plotly = await loadPlotly(me.data.plotly);
  if (me.gone || !me.ui.plot.isConnected) return;
  const look = colours(me);
  const from = me.from ?? me.samples[0]?.t ?? me.points[0]?.t ?? 0;
  const found = tracks(me);
  const traces = [...metricTraces(me, look, from), ...usageTraces(me, look, from, found)];
  const height = 110 + 105 * found.length + (me.points.length ? 200 : 0);
  const grew = height !== me.height;
  me.height = height;
  me.ui.plot.style.height = `${height}px`;
  Plotly.react(me.ui.plot, traces, layoutOf(me, look, found), { displaylogo: false, responsive: true, displayModeBar: false });
  if (grew) Plotly.Plots.resize(me.ui.plot);
  const words = me.data.words;
  me.ui.note.textContent = me.points.length ? "" : me.final ? words.no_points_final : words.no_points;
}

function metrics(me) {
  const names = [...new Set(me.points.map((p) => p.name))];
  const known = [...me.ui.pick.options].map((o) => o.value);
  if (names.length === known.length) return;
  if (!me.metric || !names.includes(me.metric)) me.metric = names.includes(me.data.metric) ? me.data.metric : names[0] || me.data.metric;
  me.ui.pick.replaceChildren(...names.map((name) => new Option(me.data.labels[name] || name.replaceAll("_", " "), name, false, name === me.metric)));
  me.ui.pick.hidden = names.length < 2;
}

function writeLog(me) {
  const box = me.ui.log;
  const wanted = me.ui.search.value.trim().toLowerCase();
  const place = box.scrollTop;
  if (!me.log) box.textContent = me.data.words.empty_log;
  else if (!wanted) box.textContent = me.log;
  else {
    const lines = me.log.split("\n").filter((line) => line.toLowerCase().includes(wanted));
    me.ui.hits.textContent = me.data.words.hits.replace("{n}", lines.length);
    box.replaceChildren(...lines.slice(-2000).flatMap((line) => marked(line, wanted)));
  }
  if (!wanted) me.ui.hits.textContent = "";
  box.scrollTop = me.ui.follow.checked ? box.scrollHeight : place;
}

function marked(line, wanted) {
  const parts = [];
  let at = 0;
  const low = line.toLowerCase();
  for (let hit = low.indexOf(wanted); hit >= 0; hit = low.indexOf(wanted, at)) {
    parts.push(document.createTextNode(line.slice(at, hit)), make("mark", "", line.slice(hit, hit + wanted.length)));
    at = hit + wanted.length;
  }
  parts.push(document.createTextNode(`${line.slice(at)}\n`));
  return parts;
}

function take(me, answer) {
  me.cursors = answer.cursors;
  me.limits = answer.limits;
  if (answer.started_at) me.from = answer.started_at;
  me.points.push(...answer.points);
  me.samples.push(...answer.samples);
  me.final = answer.final;
  me.ui.what.textContent = answer.final ? answer.text.what : `${answer.text.share} · ${answer.text.what}`;
  me.ui.times.textContent = answer.text.times;
  if (me.ui.warning.textContent !== answer.text.warning) me.ui.warning.textContent = answer.text.warning;
  const share = Math.round((answer.progress || 0) * 100);
  me.ui.fill.style.width = `${share}%`;
  me.ui.bar.setAttribute("aria-valuenow", share);
  me.ui.progress.hidden = answer.final;
  metrics(me);
  if (answer.log) {
    me.log = (me.log + answer.log).slice(-1000000);
    writeLog(me);
  }
}

// A hidden tab still learns of the end, only later.
const pause = (me) => (me.failures ? Math.min(1000 * 2 ** me.failures, 15000) : document.hidden ? 10000 : 1000);

async function poll(me) {
  let more = false;
  try {
    const { point = 0, sample = 0, byte = 0 } = me.cursors;
    const query = new URLSearchParams({ after_point: point, after_sample: sample, after_byte: byte, lang: me.data.lang });
    const response = await fetch(`/api/runs/${me.data.run}/live?${query}`);
    if (response.status === 404 || me.gone) return;
    const answer = await response.json();
    const news = answer.points.length + answer.samples.length;
    more = Boolean(answer.more) || (answer.final && (answer.points.length > 0 || answer.log !== ""));
    take(me, answer);
    if (news || !me.drawn) { me.drawn = true; await draw(me); }
    me.failures = 0;
    if (answer.final && !more) {
      if (!me.data.final && !me.told) { me.told = true; me.setTriggerValue("final", answer.status); }
      return;
    }
  } catch {
    me.failures = (me.failures || 0) + 1;
    me.ui.times.textContent = me.data.words.lost;
  }
  if (!me.gone) me.timer = setTimeout(() => poll(me), more ? 0 : pause(me));
}

export default function (component) {
  const { parentElement, data, setTriggerValue } = component;
  const root = parentElement.querySelector(".lr");
  let me = state.get(parentElement);
  if (!me || me.data.run !== data.run || me.data.lang !== data.lang) {
    if (me) { me.gone = true; clearTimeout(me.timer); root.replaceChildren(); }
    me = { root, data, ui: build(root, data), points: [], samples: [], cursors: {}, log: "", metric: data.metric };
    state.set(parentElement, me);
    Object.assign(me, { setTriggerValue });
    me.ui.pick.onchange = () => { me.metric = me.ui.pick.value; draw(me); };
    me.ui.search.oninput = () => writeLog(me);
    me.ui.follow.onchange = () => writeLog(me);
    me.ui.log.onscroll = () => {
      const box = me.ui.log;
      if (me.ui.follow.checked && box.scrollHeight - box.scrollTop - box.clientHeight > 60) me.ui.follow.checked = false;
    };
    loadPlotly(data.plotly).catch(() => {}); // comes while the first points are asked for
    poll(me);
  } else {
    Object.assign(me, { data, setTriggerValue });
    if (me.drawn) draw(me); // the theme may have changed
  }
  return () => {
    me.gone = true;
    clearTimeout(me.timer);
    window.Plotly?.purge(me.ui.plot);
    state.delete(parentElement);
  };
}
