// The last minute of a camera: decisions, reasons, free and required distance.
const SECONDS = 60, LEFT = 38, RIGHT = 6, BANDS = 34, BOTTOM = 20;

export class Chart {
  constructor(canvas) { this.canvas = canvas; }

  draw({now, stretches, samples, unit, decisions, reasons}) {
    const canvas = this.canvas, ratio = window.devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    if (!width) return;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio);
    }
    const pen = canvas.getContext('2d'), style = getComputedStyle(canvas);
    const color = (name) => style.getPropertyValue(name).trim();
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = '12px system-ui, sans-serif';
    const from = now - SECONDS, inner = width - LEFT - RIGHT;
    const x = (time) => LEFT + inner * Math.min(1, Math.max(0, (time - from) / SECONDS));

    stretches.forEach((one, k) => {
      const end = k + 1 < stretches.length ? stretches[k + 1].since : now;
      if (end <= from) return;
      const left = x(one.since), wide = Math.max(1, x(end) - left);
      pen.fillStyle = decisions[one.decision] ?? decisions.stop;
      pen.fillRect(left, 0, wide, 14);
      pen.fillStyle = reasons[one.reason] ?? '#8a8f98';
      pen.fillRect(left, 16, wide, 10);
    });

    const top = BANDS + 14, low = height - BOTTOM, tall = low - top;
    const most = samples.reduce((m, [, free, required]) => Math.max(m, free ?? 0, required ?? 0), 1e-9) * 1.06;
    const y = (value) => low - tall * value / most;
    const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];
    const step = steps.find((one) => most / one <= 4) ?? most / 3;
    pen.strokeStyle = color('--rule'); pen.fillStyle = color('--muted'); pen.lineWidth = 1;
    pen.textAlign = 'right'; pen.textBaseline = 'middle';
    for (let value = 0; value <= most; value += step) {
      pen.beginPath(); pen.moveTo(LEFT, y(value)); pen.lineTo(width - RIGHT, y(value)); pen.stroke();
      pen.fillText(Number(value.toPrecision(3)), LEFT - 5, y(value));
    }
    pen.textBaseline = 'bottom'; pen.textAlign = 'left';
    pen.fillText(`distance, ${unit}`, LEFT, top - 2);
    pen.textBaseline = 'top';
    for (let age = 60; age >= 0; age -= 20) {
      pen.textAlign = age === 60 ? 'left' : age ? 'center' : 'right';
      pen.fillText(age ? `${age} s ago` : 'now', x(now - age), low + 5);
    }
    const line = (index, stroke, dash) => {
      pen.strokeStyle = stroke; pen.lineWidth = 1.8; pen.setLineDash(dash); pen.lineJoin = 'round';
      pen.beginPath();
      let open = false;
      for (const sample of samples) {
        const value = sample[index];
        if (value === null || sample[0] < from) { open = false; continue; }
        if (open) pen.lineTo(x(sample[0]), y(value)); else pen.moveTo(x(sample[0]), y(value));
        open = true;
      }
      pen.stroke(); pen.setLineDash([]);
    };
    line(2, decisions.stop, [5, 4]);
    line(1, color('--accent'), []);
  }
}
