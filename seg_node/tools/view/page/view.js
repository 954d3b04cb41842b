// The live page: one socket for news and images, which comes back whenever it is lost.
import {Chart} from './chart.js';
import {Tuning} from './tuning.js';

const KEPT = 200, SECONDS = 60, OLD_IMAGE = 1.0, OLD_NEWS = 1.0, DEAD_SOCKET = 6.0;
const byId = (id) => document.getElementById(id);
const seconds = () => performance.now() / 1000;


const tuning = new Tuning(() => token);
const chart = new Chart(byId('chart'));
const known = {decisions: {}, reasons: {}, stretches: [], samples: {}, cameras: [], values: {}};
let socket = null, opened = 0, retry = 0, camera = '', watching = '', heard = -Infinity, drawn = -Infinity, offset = 0;
let images = [];

// The token comes behind the # of the address, which browsers send to nobody; it is not left there.
let token = sessionStorage.getItem('token') ?? '';
function keepToken(given) {
  if (location.hash) history.replaceState(null, '', location.pathname);
  if (!given) return;
  token = given;
  sessionStorage.setItem('token', token);
  byId('ask').hidden = true;
  if (socket?.readyState === WebSocket.CLOSED) connect(); else if (socket) tuning.read();
}
const givenToken = () => new URLSearchParams(location.hash.slice(1)).get('token');

function make(name, parent, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  parent?.append(made);
  return made;
}

// --- the socket -----------------------------------------------------------------------------

function connect() {
  opened = seconds();
  const mine = socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`);
  socket.binaryType = 'blob';
  socket.addEventListener('open', () => send({token}));
  socket.addEventListener('message', ({data}) => typeof data === 'string' ? take(JSON.parse(data)) : show(data));
  socket.addEventListener('close', ({code}) => {
    if (mine !== socket) return;
    watching = '';
    if (code === 4401) { lost('the token is missing or wrong'); byId('ask').hidden = false; return; }
    lost(code === 4429 ? 'too many pages are open' : 'no connection to the robot’s page; trying again');
    setTimeout(connect, Math.min(5000, 300 * 2 ** retry++));
  });
}

// News come ten times a second: a socket without any is dead, though nobody has said so.
function renewDeadSocket(now) {
  if (now - Math.max(heard, opened) < DEAD_SOCKET || socket.readyState > WebSocket.OPEN) return;
  socket.close();
  watching = '';
  lost('no connection to the robot’s page; trying again');
  connect();
}

const send = (message) => { if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message)); };

function lost(why) {
  heard = -Infinity;
  byId('link').textContent = why;
  byId('link').hidden = false;
}

function take(news) {
  if ('watching' in news) { watching = news.watching; return; }
  if ('diagnostics' in news) diagnostics(news.diagnostics);
  if (!('decision' in news)) return;
  if ('node' in news) begin(news);
  heard = seconds(); offset = news.now - heard;
  for (const stretch of news.stretches) addStretch(stretch);
  for (const [name, samples] of Object.entries(news.samples)) {
    const kept = known.samples[name] ??= [];
    kept.push(...samples);
    while (kept.length && kept[0][0] < news.now - SECONDS) kept.shift();
  }
  known.values = news.values;
  if (news.cameras.join() !== known.cameras.join() && news.cameras.length) { known.cameras = news.cameras; chooser(); }
  decision(news.decision, news.reason, news.text);
  cards();
}

function begin(news) {  // everything from here on
  retry = 0;
  Object.assign(known, {decisions: news.decisions, reasons: news.reasons, stretches: [], samples: {}, cameras: []});
  byId('history').textContent = '';
  byId('node').textContent = news.node;
  document.title = news.node;
  byId('link').hidden = true; byId('ask').hidden = true;
  tuning.read();
}

// --- decision and history ---------------------------------------------------------------------

function decision(word, reason, text) {
  byId('verdict').className = word;
  for (const [id, value] of [['decision', word.toUpperCase()], ['reason', reason], ['text', text]])
    if (byId(id).textContent !== value) byId(id).textContent = value;
}

const long = (s) => s < 10 ? `${s.toFixed(1)} s` : s < 120 ? `${s.toFixed(0)} s` : s < 7200 ? `${(s / 60).toFixed(0)} min` : `${(s / 3600).toFixed(1)} h`;

function addStretch(stretch) {
  const list = byId('history'), last = known.stretches.at(-1);
  if (last) list.firstChild.querySelector('.long').textContent = long(stretch.since - last.since);
  known.stretches.push(stretch);
  const item = document.createElement('li');
  make('time', item, new Date(stretch.wall * 1000).toLocaleTimeString([], {hour12: false}) + ' ');
  make('span', item, stretch.decision.toUpperCase(), `chip ${stretch.decision}`);
  const color = make('i', item, undefined, 'reason');
  color.style.background = known.reasons[stretch.reason] ?? '#8a8f98';
  color.style.marginLeft = '8px';
  make('span', item, `${stretch.reason} `);
  make('span', item, '', 'long');
  make('p', item, stretch.text);
  list.prepend(item);
  if (known.stretches.length > KEPT) { known.stretches.shift(); list.lastChild.remove(); }
}

// --- numbers ----------------------------------------------------------------------------------

const value = (key) => known.values[`${camera}.${key}`];
const number = (key, digits) => value(key) === undefined ? null : Number(value(key)).toFixed(digits);
// Metres where the corridor lies on the ground, else a share of the corridor's length.
const inMetres = () => value('unit') === 'm';

function cards() {
  const unit = inMetres() ? ' m' : '';
  const limit = known.values.speed_limit;
  const list = [
    ['free distance', number('free_distance', 2), unit], ['required to stop', number('required_distance', 2), unit],
    ['speed limit', limit === undefined ? null : Math.round(100 * limit), ' %'],
    ['coverage', value('coverage') === undefined ? null : Math.round(100 * value('coverage')), ' %'],
    ['confidence', number('confidence', 2), ''], ['inference', number('inference_ms', 1), ' ms'],
    ['image age', value('image_age') === undefined ? null : Math.round(1000 * value('image_age')), ' ms'],
    ['blocked by', value('blocked_by') || null, '']];
  const box = byId('cards');
  if (box.children.length !== list.length) {
    box.textContent = '';
    for (const [title] of list) { const card = make('div', box, undefined, 'card'); make('span', card, title); make('b', card); }
  }
  list.forEach(([, shown, after], k) => {
    const text = shown === null ? '–' : `${shown}${after}`;
    const place = box.children[k].lastChild;
    if (place.textContent !== text) place.textContent = text;
  });
}

function diagnostics(statuses) {
  const box = byId('diagnostics');
  if (!statuses.length) return;
  const old = new Map([...box.querySelectorAll('details')].map((one) => [one.dataset.name, one.open]));
  box.textContent = '';
  for (const status of statuses) {
    const part = make('details', box);
    part.dataset.name = status.name; part.open = old.get(status.name) ?? false;
    const head = make('summary', part);
    make('span', head, ['OK', 'WARN', 'ERROR', 'STALE'][status.level] ?? '?', `chip level${status.level}`);
    make('span', head, ` ${status.name} `);
    make('span', head, status.message, 'hint');
    const list = make('dl', part);
    if (status.values.classes) legend(status.values.classes);
    for (const [key, told] of Object.entries(status.values)) { make('dt', list, key); make('dd', list, told); }
  }
}

// What the network tells apart, in its own colours; black is left as it is.
function legend(told) {
  const box = byId('classes');
  if (box.title === told) return;
  box.title = told; box.textContent = '';
  for (const [, name, color] of told.matchAll(/(\S+) (#[0-9a-f]{6})/g)) {
    if (color === '#000000') continue;
    const item = make('span', box);
    make('i', item).style.background = color;
    item.append(name + ' ');
  }
}

// --- images -------------------------------------------------------------------------------------

function chooser() {
  const select = byId('camera');
  select.textContent = '';
  for (const name of known.cameras) make('option', select, name).value = name;
  if (!known.cameras.includes(camera)) camera = known.cameras[0];
  select.value = camera;
  select.hidden = known.cameras.length < 2;
  watch();
}

// Images that nobody looks at are not asked for: the node would draw them.
const watch = () => send({watch: document.hidden ? '' : camera});

async function show(blob) {
  if (watching !== camera) return send({drawn: 1});
  try {
    const bitmap = await createImageBitmap(blob), canvas = byId('image');
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) { canvas.width = bitmap.width; canvas.height = bitmap.height; }
    canvas.getContext('2d').drawImage(bitmap, 0, 0);
    bitmap.close();
    drawn = seconds();
    images.push(drawn);
  } catch { /* no image: its age tells */ }
  send({drawn: 1});
}

function look() {
  const now = seconds();
  renewDeadSocket(now);
  images = images.filter((time) => time > now - 3);
  byId('rate').textContent = images.length > 1 ? `${((images.length - 1) / (images.at(-1) - images[0])).toFixed(1)} images/s` : '';
  const age = now - drawn, old = age > OLD_IMAGE;
  document.body.classList.toggle('old', old);
  byId('age').hidden = !old;
  byId('age').textContent = Number.isFinite(age) ? `image of ${long(age)} ago` : 'no image yet';
  if (now - heard > OLD_NEWS && byId('verdict').className) {
    decision('', 'no connection', 'what the robot does is not known here');
    byId('decision').textContent = '?';
  }
  const last = known.stretches.at(-1);
  byId('since').textContent = last && now - heard < OLD_NEWS ? `for ${long(now + offset - last.since)}` : '';
  if (!document.hidden && last)
    chart.draw({now: now + offset, stretches: known.stretches, samples: known.samples[camera] ?? [],
      unit: inMetres() ? 'm' : 'share of the corridor', decisions: known.decisions, reasons: known.reasons});
}

byId('camera').addEventListener('change', ({target}) => { camera = target.value; drawn = -Infinity; images = []; watch(); cards(); });
byId('ask').addEventListener('submit', (event) => {
  event.preventDefault();
  keepToken(byId('token').value.trim());
});
window.addEventListener('hashchange', () => keepToken(givenToken()));
document.addEventListener('visibilitychange', watch);
keepToken(givenToken());
setInterval(look, 200);
connect();
