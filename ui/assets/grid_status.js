class {
  init(params) {
    this.eGui = document.createElement('span');
    const d = params.data || {}, f = params.colDef.field;
    const signs = {planned: '○', queued: '◷', running: '◔',
      completed: '✓', failed: '✕', cancelled: '–'};
    this.eGui.className = 'app-status app-' + (d[f + '__key'] || '');
    this.eGui.textContent = (signs[d[f + '__key']] || '') + ' ' + (d[f + '__text'] || '');
  }
  getGui() { return this.eGui; }
  refresh() { return false; }
}
