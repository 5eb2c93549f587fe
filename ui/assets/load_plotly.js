// plotly.js, fetched once a page however many charts there are.
function loadPlotly(address) {
  window.mlopsPlotly ??= new Promise((resolve, reject) => {
    const tag = document.createElement("script");
    tag.src = address;
    tag.onload = () => resolve(window.Plotly);
    tag.onerror = () => { window.mlopsPlotly = undefined; reject(new Error(address)); };
    document.head.append(tag);
  });
  return window.mlopsPlotly;
}

