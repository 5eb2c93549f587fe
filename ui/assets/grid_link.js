class {
  init(params) {
    this.eGui = document.createElement('span');
    const d = params.data || {}, f = params.colDef.field;
    if (d[f + '__colour']) {
      const dot = document.createElement('span');
      dot.className = 'app-dot';
      dot.style.background = d[f + '__colour'];
      this.eGui.appendChild(dot);
    }
    const href = d[f + '__href'];
    if (!href) { this.eGui.appendChild(document.createTextNode(d[f + '__text'] || '')); return; }
    const a = document.createElement('a');
    a.textContent = d[f + '__text'];
    a.href = href; a.target = '_blank'; a.className = 'app-link';
    a.addEventListener('click', (event) => {
      event.stopPropagation();
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      /* The frame may not navigate the page; the page itself moves as its own links do. */
      event.preventDefault();
      const page = window.parent;
      page.history.pushState({}, '', href);
      page.dispatchEvent(new page.PopStateEvent('popstate'));
    });
    this.eGui.appendChild(a);
  }
  getGui() { return this.eGui; }
  refresh() { return false; }
}
