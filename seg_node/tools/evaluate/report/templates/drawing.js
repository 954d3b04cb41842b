// Parts of a chart over time as SVG. No libraries.
'use strict';
// A view is what is drawn of a recording: {rec, from, until, scale}, scale from ms to px.
const timelineParts = (() => {
  const LEFT = 58, RIGHT = 10, SMALLEST = 2;

  const holder = document.createElement('div');
  holder.innerHTML = '<svg></svg>';
  const SPACE = holder.firstChild.namespaceURI;
  const svgElement = (name, attributes, parent, text) => {
    const made = document.createElementNS(SPACE, name);
    for (const key in attributes) made.setAttribute(key, attributes[key]);
    if (text !== undefined) made.textContent = text;
    if (parent) parent.append(made);
    return made;
  };
  // Bands: one path for each kind of stretch, the more serious above the less serious, and none
  // narrower than can be seen.
  function bands(svg, view, kinds, kindOf, top, height) {
    const {rec, from, until, scale} = view;
    const paths = new Map();
    const count = rec.ms.length;
    for (let k = 0; k < count;) {
      const kind = kindOf(k);
      let last = k;
      while (last + 1 < count && kindOf(last + 1) === kind) last++;
      if (kind !== null && rec.end[last] >= from && rec.ms[k] <= until) {
        const x = scale(Math.max(rec.ms[k], from));
        const width = Math.max(SMALLEST, scale(Math.min(rec.end[last], until)) - x);
        const up = kinds.get(kind).share ?? 1;
        paths.set(kind, (paths.get(kind) ?? '') + `M${x.toFixed(1)} ${(top + height).toFixed(1)}v${(-height * up).toFixed(1)}h${width.toFixed(1)}v${(height * up).toFixed(1)}z`);
      }
      k = last + 1;
    }
    for (const [kind, {color}] of kinds)
      if (paths.has(kind)) svgElement('path', {d: paths.get(kind), fill: color}, svg);
  }

  function line(svg, view, values, y, attributes, stepped) {
    const {rec, from, until, scale} = view;
    let path = '', open = false, previous = 0;
    for (let k = 0; k < values.length; k++) {
      if (values[k] === null || rec.end[k] < from || (k && rec.ms[k - 1] > until)) { open = false; continue; }
      const x = scale(rec.ms[k]).toFixed(1), height = y(values[k]).toFixed(1);
      path += open ? (stepped ? `H${x}` : '') + `L${x} ${height}` : `M${x} ${height}`;
      if (!open) path += 'h0.1';
      open = true; previous = height;
    }
    if (path) svgElement('path', {d: path, fill: 'none', ...attributes}, svg);
  }

  const largest = (columns) => columns.reduce((most, column) =>
    (column ?? []).reduce((m, v) => v !== null && v > m ? v : m, most), 0);

  function axis(svg, width, top, height, most, title) {
    const steps = [0.1, 0.2, 0.25, 0.5, 1, 2, 2.5, 5, 10, 20, 25, 50, 100, 1000, 10000];
    const step = steps.find((one) => most / one <= 3.01) ?? most / 3;
    for (let value = 0; value <= most * 1.001; value += step) {
      const y = top + height - height * value / most;
      svgElement('line', {x1: LEFT, x2: width - RIGHT, y1: y, y2: y, class: 'grid'}, svg);
      svgElement('text', {x: LEFT - 6, y: y + 4, class: 'tick end'}, svg, Number(value.toPrecision(3)));
    }
    svgElement('text', {x: LEFT, y: top - 7, class: 'label'}, svg, title);
  }

  const clock = (ms, step, until) => {
    const s = ms / 1000;
    if (until < 120e3) return s.toFixed(step < 1000 ? 1 : 0) + ' s';
    const m = Math.floor(s / 60), rest = (s - 60 * m).toFixed(step < 1000 ? 1 : 0).padStart(step < 1000 ? 4 : 2, '0');
    return m < 60 ? `${m}:${rest}` : `${Math.floor(m / 60)}:${String(m % 60).padStart(2, '0')}:${rest}`;
  };

  return {LEFT, RIGHT, SMALLEST, svgElement, bands, line, axis, largest, clock};
})();
