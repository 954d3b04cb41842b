// The timeline of the chosen recording, with one cursor that the film follows and moves. No libraries.
'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const read = (id) => JSON.parse(byId(id).textContent);

  if (!byId('timeline')) return;
  const common = read('timeline-settings');
  const chart = byId('chart'), readout = byId('readout'), choose = byId('choose');
  const {LEFT, RIGHT, SMALLEST, svgElement, bands, line, axis, largest, clock} = timelineParts;
  // frame: where the cursor is; at: place of the last drawn frame that is not after it.
  let rec = null, from = 0, until = 1, frame = 0, at = 0, cursor = null, scale = null;

  const htmlElement = (name, parent, text, className) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    parent.append(made);
    return made;
  };

  const player = makePlayer(byId('film'), (played) => move(Math.min(rec.frames - 1, played)));
  const truthOf = (k) => rec.truth && rec.truth[k];
  const isFalseGo = (k) => Boolean(rec.mistake) && rec.mistake[k] === 'falseGo';

  function load(number) {
    const block = byId('recording-' + number);
    if (!block) return;
    rec = JSON.parse(block.textContent);
    const words = {g: 'go', w: 'slow', s: 'stop', '-': null};
    const spell = (letters) => letters && Array.from(letters, (letter) => words[letter]);
    rec.decision = spell(rec.decision); rec.truth = spell(rec.truth);
    const mistakes = {f: 'falseGo', e: 'earlyGo', t: 'falseStop', '-': null};
    rec.mistake = rec.mistake && Array.from(rec.mistake, (letter) => mistakes[letter]);
    rec.place = rec.place ?? rec.index;
    choose.value = String(number);
    const count = rec.ms.length;
    // A frame lasts until the next one, the last as long as the one before it.
    rec.end = rec.ms.map((ms, k) => k + 1 < count ? rec.ms[k + 1]
      : ms + Math.max(1, count > 1 ? (ms - rec.ms[0]) / Math.max(1, rec.index[k] - rec.index[0]) : 1));
    from = rec.ms[0]; until = rec.end[count - 1];
    frame = 0; at = 0;
    byId('step-false-go').hidden = !rec.truth;
    for (const strip of document.querySelectorAll('[data-strip]')) strip.hidden = strip.dataset.strip !== String(number);
    byId('timeline').classList.toggle('has-film', Boolean(rec.film));
    player.load(rec.film);
    legend();
    draw();
    const first = rec.ms.findIndex((_, k) => isFalseGo(k));
    show(first < 0 ? 0 : rec.place[first]);
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
    for (const [kind, {words, color}] of Object.entries(common.mistakes))
      if (rec.mistake && rec.mistake.includes(kind)) key(words, color);
    for (const [kept, words] of [[true, 'expected and kept'], [false, 'expected and not kept']])
      if (rec.expected && rec.expected.some((one) => one.kept === kept)) key(words, kept ? common.kept : common.broken);
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
    svgElement('rect', {x: LEFT, y: 0, width: inner + SMALLEST, height: 2000}, clip);
    const inside = svgElement('g', {'clip-path': 'url(#inside)'}, svg);
    if (rec.truth) {
      name('errors', 14);
      const {falseStop, earlyGo, falseGo} = common.mistakes;
      bands(inside, view, new Map([['falseStop', {...falseStop, share: 0.5}], ['earlyGo', {...earlyGo, share: 0.75}], ['falseGo', falseGo]]),
        (k) => rec.mistake[k], y, 14);
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
    for (const [n, one] of (rec.expected ?? []).entries()) {
      name(n ? '' : 'expected', 10);
      const left = Math.max(LEFT, scale(one.from)), right = Math.min(width - RIGHT, scale(Math.min(one.until ?? Infinity, until)));
      if (right > left) {
        const bar = svgElement('rect', {x: left, y: y + 1, width: Math.max(SMALLEST, right - left), height: 8, rx: 2,
          fill: one.kept ? common.kept : common.broken}, inside);
        svgElement('title', {}, bar, one.words);
      }
      y += 12;
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
      // The last one stays inside: half of its text would lie beyond the drawing.
      const last = scale(ms) > width - 24;
      svgElement('text', {x: last ? width - 1 : scale(ms), y: y + 17, class: last ? 'tick end' : 'tick mid'}, svg, clock(ms, step, until));
    }
    y += 22;
    svg.setAttribute('viewBox', `0 0 ${width} ${y}`);
    svg.setAttribute('height', y);
    cursor = svgElement('line', {y1: 0, y2: y - 20, class: 'cursor'}, svg);
    point();
  }

  // Between two drawn frames nothing changes that counts: they are taken to be evenly spaced.
  function timeOf(number) {
    const k = drawn(rec.place, number), next = k + 1 < rec.ms.length ? rec.place[k + 1] : rec.place[k] + 1;
    return rec.ms[k] + (rec.end[k] - rec.ms[k]) * (number - rec.place[k]) / (next - rec.place[k]);
  }

  function frameAt(ms) {
    const k = drawn(rec.ms, ms), next = k + 1 < rec.ms.length ? rec.place[k + 1] : rec.place[k] + 1;
    const share = Math.min(0.999, Math.max(0, (ms - rec.ms[k]) / (rec.end[k] - rec.ms[k])));
    return rec.place[k] + Math.floor(share * (next - rec.place[k]));
  }

  // The last of ascending values that is not above one.
  function drawn(values, value) {
    let low = 0, high = values.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (values[middle] <= value) low = middle; else high = middle - 1;
    }
    return low;
  }

  function point() {
    const x = scale((timeOf(frame) + (frame + 1 < rec.frames ? timeOf(frame + 1) : rec.end[rec.end.length - 1])) / 2);
    cursor.setAttribute('x1', x); cursor.setAttribute('x2', x);
    cursor.style.display = x < LEFT || x > chart.clientWidth ? 'none' : '';
  }

  // The cursor goes to a frame, and the film with it.
  function show(number) {
    move(Math.max(0, Math.min(rec.frames - 1, number)));
    player.show(frame);
  }

  function move(number) {
    frame = number; at = drawn(rec.place, frame);
    const ms = timeOf(frame), span = until - from;
    if (ms < from || ms > until) {
      from = Math.max(rec.ms[0], Math.min(ms - span / 2, rec.end[rec.end.length - 1] - span));
      until = from + span;
      draw();
    } else point();
    tell();
  }

  function tell() {
    readout.textContent = '';
    const exact = rec.place[at] === frame;
    const chip = (parent, decision) => {
      const made = htmlElement('span', parent, decision.toUpperCase(), 'chip');
      made.style.background = common.decisions[decision] ?? common.decisions.stop;
    };
    const head = htmlElement('div', readout);
    htmlElement('b', head, `frame ${rec.index[at] + frame - rec.place[at]}`);
    htmlElement('span', head, ` at ${(timeOf(frame) / 1000).toFixed(2)} s `);
    chip(head, rec.decision[at]);
    htmlElement('span', head, ' ' + rec.reasons[rec.reason[at]][0]);
    if (truthOf(at)) {
      htmlElement('span', head, ' · truth ');
      chip(head, truthOf(at));
      htmlElement('span', head, ' ' + rec.reasons[rec.truthReason[at]][0]);
      if (rec.mistake[at]) {
        const mistake = common.mistakes[rec.mistake[at]];
        htmlElement('span', head, ' ');
        htmlElement('span', head, mistake.words, 'chip').style.background = mistake.color;
      }
    }
    const number = (column) => rec[column] && rec[column][at] !== null ? rec[column][at].toPrecision(3) : null;
    const numbers = [];
    if (number('freeDistance')) numbers.push(`free ${number('freeDistance')} of ${number('requiredDistance') ?? '–'} ${rec.unit} required`);
    if (number('confidence')) numbers.push(`confidence ${number('confidence')}` + (number('confidenceLow') ? ` (lowest 5 %: ${number('confidenceLow')})` : ''));
    htmlElement('div', readout, exact ? numbers.join(' · ') || 'nothing measured' : 'a frame like those around it: its numbers are in the table of frames');
    let start = at;
    while (start > 0 && !(start in rec.texts)) start--;
    htmlElement('div', readout, (start === at && exact ? '' : `since frame ${rec.index[start]}: `) + (rec.texts[start] ?? ''), 'hint');
  }

  function zoom(how) {
    const last = rec.end[rec.end.length - 1], first = rec.ms[0];
    let span = how === 'in' ? (until - from) / 2 : how === 'out' ? (until - from) * 2 : Infinity;
    span = Math.min(Math.max(span, 500), last - first);
    from = Math.max(first, Math.min(timeOf(frame) - span / 2, last - span));
    until = from + span;
    draw();
  }

  function step(kind, way) {
    const wanted = kind === 'falseGo' ? isFalseGo : (k) => rec.decision[k] === 'stop';
    for (let k = at + way; k >= 0 && k < rec.ms.length; k += way)
      if (wanted(k) && !(k > 0 && wanted(k - 1))) return show(rec.place[k]);
    return undefined;
  }

  const follow = (event) => {
    const box = chart.getBoundingClientRect();
    show(frameAt(from + (event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT) * (until - from)));
  };
  chart.addEventListener('pointerdown', (event) => { if (event.button === 0) follow(event); });
  chart.addEventListener('pointermove', (event) => { if (event.buttons & 1) follow(event); });
  document.addEventListener('keydown', (event) => {
    if (!rec || event.ctrlKey || event.altKey || event.metaKey || event.target.closest('select, input, .scroll')) return;
    const way = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (way) { event.preventDefault(); show(frame + way * (event.shiftKey ? 10 : 1)); }
    else if (event.key === ' ' && event.target.closest('#timeline') && !event.target.closest('button, a')) {
      event.preventDefault(); player.toggle();
    }
  });
  choose.addEventListener('change', () => load(choose.value));
  document.addEventListener('click', (event) => {
    const target = event.target.closest('[data-step],[data-zoom],[data-move],[data-recording]');
    if (!target) return;
    if (target.dataset.zoom) zoom(target.dataset.zoom);
    else if (target.dataset.move) show(frame + Number(target.dataset.move));
    else if (target.dataset.step) { const [kind, way] = target.dataset.step.split(':'); step(kind, Number(way)); }
    else {
      if (choose.value !== target.dataset.recording) load(target.dataset.recording);
      if (target.dataset.frame !== undefined) {
        const k = drawn(rec.index, Number(target.dataset.frame));
        show(Math.min(rec.place[k] + Number(target.dataset.frame) - rec.index[k], (rec.place[k + 1] ?? rec.frames) - 1));
      }
      if (target.dataset.ms !== undefined) show(frameAt(Number(target.dataset.ms)));
      if (!target.closest('#timeline')) byId('timeline').scrollIntoView({block: 'start'});
    }
  });
  let wide = 0;
  new ResizeObserver(() => {
    if (rec && chart.clientWidth && Math.abs(chart.clientWidth - wide) > 1) { wide = chart.clientWidth; draw(); }
  }).observe(chart);
  load(common.first);
})();
