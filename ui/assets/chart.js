// One figure, drawn by plotly.js in the theme's colours. What stands in the window comes first, the
// rest when the browser has nothing else to do. A figure that has not changed stays as it is, with
// what a person has zoomed into.
const charts = new WeakMap();
const EXPAND = "M3 3h7v2H5v5H3zM14 3h7v7h-2V5h-5zM3 14h2v5h5v2H3zM19 14h2v7h-7v-2h5z";

// How an axis of time writes days; plotly.js itself knows English.
const DAYS = {
  ko: { year: "%Y년", month: "%Y년 %-m월", dayMonth: "%-m월 %-d일", dayMonthYear: "%Y년 %-m월 %-d일" },
};
const byFinger = () => matchMedia("(pointer: coarse)").matches;

const pixels = (css, name, share) => parseFloat(css.getPropertyValue(name)) * share || 15 * share;

// Streamlit's own look of a chart, from the variables that it gives to components.
function theme(root) {
  const css = getComputedStyle(root);
  const of = (name, other) => css.getPropertyValue(name).trim() || other;
  const text = of("--st-text-color", "#888"), line = of("--st-border-color", "#ccc");
  const quiet = of("--st-gray-text-color", text), paper = of("--st-background-color", "#fff");
  const family = of("--st-font", "sans-serif");
  const small = pixels(css, "--st-base-font-size", 0.76), usual = pixels(css, "--st-base-font-size", 0.86);
  const axis = {
    automargin: true, gridcolor: line, zerolinecolor: line, tickcolor: line,
    tickfont: { color: quiet, size: small }, title: { font: { color: quiet, size: usual } },
  };
  return {
    font: { family, color: quiet, size: small },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    xaxis: { ...axis, showgrid: false, zeroline: false, title: { ...axis.title, standoff: 18 } },
    yaxis: { ...axis, title: { ...axis.title, standoff: 22 } },
    legend: { font: { color: text, size: small }, borderwidth: 0, bgcolor: "rgba(0,0,0,0)" },
    hoverlabel: { bgcolor: paper, bordercolor: line, font: { color: text, family, size: small } },
    modebar: { bgcolor: paper, color: quiet, activecolor: text },
    shapedefaults: { line: { color: quiet } },
    margin: { pad: 8 },
  };
}

function settings(me) {
  const { words, lang, name } = me.data;
  return {
    displaylogo: false,
    displayModeBar: byFinger() ? false : "hover", // without a mouse it would never go away
    // Nothing leaves this machine: plotly.js would offer to send the chart to its makers.
    showSendToCloud: false,
    modeBarButtonsToRemove: ["sendChartToCloud", "select2d", "lasso2d", "autoScale2d"],
    modeBarButtonsToAdd: [{
      name: "fullscreen", title: words.fullscreen,
      icon: { width: 24, height: 24, path: EXPAND },
      click: () => (document.fullscreenElement ? document.exitFullscreen() : me.root.requestFullscreen?.()),
    }],
    toImageButtonOptions: { filename: name, scale: 2 },
    locale: lang,
    locales: { [lang]: { dictionary: words.plotly, format: DAYS[lang] ?? {} } },
  };
}

async function draw(me) {
  const { figure, plotly, lang } = me.data;
  const look = theme(me.root);
  const wanted = lang + figure + JSON.stringify(look);
  if (me.wanted === wanted) return;
  me.wanted = wanted;
  let Plotly;
  try {
    Plotly = await loadPlotly(plotly);
  } catch {
    me.wanted = undefined;
    me.root.textContent = me.data.words.lost;
    return;
  }
  if (me.gone || me.wanted !== wanted) return;
  const { data, layout } = JSON.parse(figure);
  delete layout.height; // the box has it, and a full screen has another
  // A finger that moves down the page must not zoom into what it crosses.
  if (byFinger()) layout.dragmode ??= false;
  if (!me.plot) {
    me.plot = document.createElement("div");
    me.root.replaceChildren(me.plot);
  }
  await Plotly.react(me.plot, data, { ...layout, template: { layout: look } }, settings(me));
  if (me.gone) Plotly.purge(me.plot);
  else me.size ??= watchSize(me, Plotly);
}

function watchSize(me, Plotly) {
  const size = new ResizeObserver(([entry]) => {
    const { width, height } = entry.contentRect;
    const full = me.plot._fullLayout;
    if (width && height && full && (width !== full.width || height !== full.height)) Plotly.Plots.resize(me.plot);
  });
  size.observe(me.root);
  return size;
}

const later = window.requestIdleCallback ?? ((run) => setTimeout(run, 200));

// In sight or nearly: now. Else when there is time; what a closed tab hides, once it is opened.
function awaitTurn(me) {
  me.sight = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    me.seen = true;
    me.sight.disconnect();
    draw(me);
  }, { rootMargin: "200px", scrollMargin: "200px" });
  me.sight.observe(me.root);
  later(() => {
    if (me.gone || me.seen || !me.root.clientWidth) return;
    me.seen = true;
    me.sight.disconnect();
    draw(me);
  }, { timeout: 5000 });
}

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".chart");
  let me = charts.get(parentElement);
  if (!me) {
    me = { root };
    charts.set(parentElement, me);
    root.setAttribute("role", "img");
  }
  me.data = data;
  root.style.height = `${data.height}px`;
  root.setAttribute("aria-label", data.alt);
  if (me.seen) draw(me);
  else if (!me.sight) awaitTurn(me);
  return () => {
    me.gone = true;
    me.sight?.disconnect();
    me.size?.disconnect();
    if (me.plot) window.Plotly?.purge(me.plot);
    charts.delete(parentElement);
  };
}
