// The timeline of the chosen recording: drawing, pointing, stepping, zooming. No libraries.
'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const read = (id) => JSON.parse(byId(id).textContent);

  if (!byId('timeline')) return;
  const common = read('timeline-settings');
  const chart = byId('chart'), readout = byId('readout'), choose = byId('choose');
  const {LEFT, RIGHT, SMALLEST, svgElement, bands, line, axis, largest, clock} = timelineParts;
  let rec = null, from = 0, until = 1, at = 0, cursor = null, scale = null;

  const htmlElement = (name, parent, text, className) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    parent.append(made);
    return made;
  };

  const truthOf = (k) => rec.truth && rec.truth[k];
  const isFalseGo = (k) => truthOf(k) === 'stop' && rec.decision[k] !== 'stop';
  const isFalseStop = (k) => truthOf(k) && truthOf(k) !== 'stop' && rec.decision[k] === 'stop';

  function load(number) {
    const block = byId('recording-' + number);
    if (!block) return;
    rec = JSON.parse(block.textContent);
    const words = {g: 'go', w: 'slow', s: 'stop', '-': null};
    const spell = (letters) => letters && Array.from(letters, (letter) => words[letter]);
    rec.decision = spell(rec.decision); rec.truth = spell(rec.truth);
    choose.value = String(number);
    const count = rec.ms.length;
    // A frame lasts until the next one, the last as long as the one before it.
    rec.end = rec.ms.map((ms, k) => k + 1 < count ? rec.ms[k + 1]
      : ms + Math.max(1, count > 1 ? (ms - rec.ms[0]) / Math.max(1, rec.index[k] - rec.index[0]) : 1));
    from = rec.ms[0]; until = rec.end[count - 1];
    at = 0;
    byId('step-false-go').hidden = !rec.truth;
    legend();
    draw();
    const first = rec.ms.findIndex((_, k) => isFalseGo(k));
    show(first < 0 ? 0 : first);
  }

  function legend() {
    const box = byId('legend');
    box.textContent = '';
    const key = (text, color, dashed) => {
      const item = htmlElement('span', box, text);
      const mark = document.createElement('i');
      if (dashed) { mark.className = dashed; mark.style.borderColor = color; } else mark.style.background = color;
      item.prepend(mark);
    };
    const used = new Set(rec.reason);
    rec.reasons.map((reason, r) => [reason, r]).reverse()
      .forEach(([reason, r]) => { if (used.has(r)) key(reason[0], reason[1]); });
    if (rec.truth) { key('false GO', common.falseGo); key('false STOP', common.falseStop); }
    if (rec.freeDistance) key('required distance', common.decisions.stop, 'dashed');
    if (rec.ms.length < rec.frames)
      htmlElement('em', box, rec.ms.length + ' of ' + rec.frames
        + ' frames drawn: every change of decision or reason, and the extremes between');
  }

  function draw() {
    const width = Math.max(280, chart.clientWidth || 960);
    const inner = width - LEFT - RIGHT;
    scale = (ms) => LEFT + inner * (ms - from) / Math.max(1e-9, until - from);
    chart.textContent = '';
    const view = {rec, from, until, scale};
    const svg = svgElement('svg', {width: '100%'}, chart);
    let y = 4;
    const name = (text, height) => svgElement('text', {x: LEFT - 6, y: y + height / 2 + 4, class: 'tick end'}, svg, text);
    const clip = svgElement('clipPath', {id: 'inside'}, svgElement('defs', {}, svg));
    svgElement('rect', {x: LEFT, y: 0, width: inner + SMALLEST, height: 600}, clip);
    const inside = svgElement('g', {'clip-path': 'url(#inside)'}, svg);
    if (rec.truth) {
      name('errors', 14);
      bands(inside, view, new Map([['falseStop', {color: common.falseStop, share: 0.5}], ['false', {color: common.falseGo}]]),
        (k) => isFalseGo(k) ? 'false' : isFalseStop(k) ? 'falseStop' : null, y, 14);
      svgElement('line', {x1: LEFT, x2: width - RIGHT, y1: y + 14.5, y2: y + 14.5, class: 'grid'}, svg);
      y += 19;
    }
    const decisions = new Map([['go', {color: common.decisions.go, share: 0.4}],
      ['slow', {color: common.decisions.slow, share: 0.7}], ['stop', {color: common.decisions.stop}]]);
    name('decision', 26);
    bands(inside, view, decisions, (k) => rec.decision[k], y, 26);
    y += 30;
    name('reason', 18);
    bands(inside, view, new Map(rec.reasons.map((reason, r) => [r, {color: reason[1]}])), (k) => rec.reason[k], y, 18);
    y += 22;
    if (rec.truth) {
      name('truth', 16);
      bands(inside, view, decisions, (k) => rec.truth[k], y, 16);
      y += 20;
    }
    if (rec.freeDistance) {
      y += 26;
      const most = largest([rec.freeDistance, rec.requiredDistance]) * 1.06 || 1;
      const unit = rec.unit === 'm' ? 'm' : rec.unit || 'share';
      axis(svg, width, y, 120, most, `free and required distance (${unit})`);
      const place = ((top) => (value) => top + 120 - 120 * value / most)(y);
      if (rec.requiredDistance)
        line(inside, view, rec.requiredDistance, place, {stroke: common.decisions.stop, 'stroke-width': 1.4, 'stroke-dasharray': '6 4'}, true);
      line(inside, view, rec.freeDistance, place, {class: 'curve'});
      y += 120;
    }
    if (rec.confidence) {
      y += 38;
      axis(svg, width, y, 84, 1, 'confidence: mean, lowest 5 %');
      const place = ((top) => (value) => top + 84 - 84 * value)(y);
      if (common.minConfidence !== null)
        svgElement('line', {x1: LEFT, x2: width - RIGHT, y1: place(common.minConfidence), y2: place(common.minConfidence),
          stroke: common.decisions.stop, 'stroke-width': 1.2, 'stroke-dasharray': '6 4'}, svg);
      if (rec.confidenceLow) line(inside, view, rec.confidenceLow, place, {class: 'curve faint'});
      line(inside, view, rec.confidence, place, {class: 'curve'});
      y += 84;
    }
    const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200].map((s) => s * 1000);
    const step = steps.find((one) => (until - from) / one <= inner / 70) ?? (until - from) / 4;
    for (let ms = Math.ceil(from / step - 1e-9) * step; ms <= until; ms += step) {
      svgElement('line', {x1: scale(ms), x2: scale(ms), y1: y, y2: y + 4, class: 'grid'}, svg);
      svgElement('text', {x: scale(ms), y: y + 17, class: 'tick mid'}, svg, clock(ms, step, until));
    }
    y += 22;
    svg.setAttribute('viewBox', `0 0 ${width} ${y}`);
    svg.setAttribute('height', y);
    cursor = svgElement('line', {y1: 0, y2: y - 20, class: 'cursor'}, svg);
    point();
  }

  function point() {
    const x = scale((rec.ms[at] + rec.end[at]) / 2);
    cursor.setAttribute('x1', x); cursor.setAttribute('x2', x);
    cursor.style.display = x < LEFT || x > chart.clientWidth ? 'none' : '';
  }

  function show(k) {
    at = Math.max(0, Math.min(rec.ms.length - 1, k));
    point();
    readout.textContent = '';
    const chip = (parent, decision) => {
      const made = htmlElement('span', parent, decision.toUpperCase(), 'chip');
      made.style.background = common.decisions[decision] ?? common.decisions.stop;
    };
    const head = htmlElement('div', readout);
    htmlElement('b', head, `frame ${rec.index[at]}`);
    htmlElement('span', head, ` at ${(rec.ms[at] / 1000).toFixed(2)} s `);
    chip(head, rec.decision[at]);
    htmlElement('span', head, ' ' + rec.reasons[rec.reason[at]][0]);
    if (truthOf(at)) {
      htmlElement('span', head, ' · truth ');
      chip(head, truthOf(at));
      htmlElement('span', head, ' ' + rec.reasons[rec.truthReason[at]][0]);
      if (isFalseGo(at) || isFalseStop(at)) {
        htmlElement('span', head, ' ');
        const wrong = htmlElement('span', head, isFalseGo(at) ? 'FALSE GO' : 'false STOP', 'chip');
        wrong.style.background = isFalseGo(at) ? common.falseGo : common.falseStop;
      }
    }
    const tell = (column) => rec[column] && rec[column][at] !== null ? rec[column][at].toPrecision(3) : null;
    const numbers = [];
    if (tell('freeDistance')) numbers.push(`free ${tell('freeDistance')} of ${tell('requiredDistance') ?? '–'} ${rec.unit} required`);
    if (tell('confidence')) numbers.push(`confidence ${tell('confidence')}` + (tell('confidenceLow') ? ` (lowest 5 %: ${tell('confidenceLow')})` : ''));
    htmlElement('div', readout, numbers.join(' · ') || 'nothing measured');
    let start = at;
    while (start > 0 && !(start in rec.texts)) start--;
    htmlElement('div', readout, (start === at ? '' : `since frame ${rec.index[start]}: `) + (rec.texts[start] ?? ''), 'hint');
  }

  function nearest(ms) {
    let low = 0, high = rec.ms.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (rec.ms[middle] <= ms) low = middle; else high = middle - 1;
    }
    return low;
  }

  function visible(k) {
    const span = until - from;
    if (rec.ms[k] < from || rec.ms[k] > until) {
      from = Math.max(rec.ms[0], rec.ms[k] - span / 2);
      until = from + span;
      draw();
    }
    show(k);
  }

  function zoom(how) {
    const last = rec.end[rec.end.length - 1], first = rec.ms[0];
    let span = how === 'in' ? (until - from) / 2 : how === 'out' ? (until - from) * 2 : Infinity;
    span = Math.min(Math.max(span, 500), last - first);
    from = Math.max(first, Math.min(rec.ms[at] - span / 2, last - span));
    until = from + span;
    draw();
  }

  function step(kind, way) {
    const wanted = kind === 'falseGo' ? isFalseGo : (k) => rec.decision[k] === 'stop';
    for (let k = at + way; k >= 0 && k < rec.ms.length; k += way)
      if (wanted(k) && !(k > 0 && wanted(k - 1))) return visible(k);
    return undefined;
  }

  const follow = (event) => {
    const box = chart.getBoundingClientRect();
    show(nearest(from + (event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT) * (until - from)));
  };
  chart.addEventListener('pointermove', follow);
  chart.addEventListener('pointerdown', follow);
  chart.addEventListener('keydown', (event) => {
    const way = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (way) { event.preventDefault(); visible(Math.max(0, Math.min(rec.ms.length - 1, at + way))); }
  });
  choose.addEventListener('change', () => load(choose.value));
  document.addEventListener('click', (event) => {
    const target = event.target.closest('[data-step],[data-zoom],[data-recording]');
    if (!target) return;
    if (target.dataset.zoom) zoom(target.dataset.zoom);
    else if (target.dataset.step) { const [kind, way] = target.dataset.step.split(':'); step(kind, Number(way)); }
    else {
      load(target.dataset.recording);
      if (target.dataset.frame !== undefined) {
        const k = rec.index.findIndex((index) => index > Number(target.dataset.frame));
        visible(k < 0 ? rec.index.length - 1 : Math.max(0, k - 1));
      }
      byId('timeline').scrollIntoView({block: 'start'});
    }
  });
  let drawn = 0;
  new ResizeObserver(() => {
    if (rec && chart.clientWidth && Math.abs(chart.clientWidth - drawn) > 1) { drawn = chart.clientWidth; draw(); }
  }).observe(chart);
  load(common.first);
})();
