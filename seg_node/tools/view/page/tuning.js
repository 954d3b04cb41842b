// Parameters that the node lets change: read, tried, and put back.
const byId = (id) => document.getElementById(id);
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

function make(name, parent, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  parent?.append(made);
  return made;
}

export class Tuning {
  #found = new Map();  // name -> value as this page has first read it
  #token;

  constructor(token) {
    this.#token = token;
    byId('read').addEventListener('click', () => this.read());
    byId('find').addEventListener('input', () => this.#filter());
  }

  async read() {
    const answer = await this.#ask();
    if (!answer) return;
    if (answer.refused) return this.#tell(answer.refused, true);
    const box = byId('parameters');
    const open = new Set([...box.querySelectorAll('details[open]')].map((one) => one.dataset.group));
    box.textContent = '';
    const groups = new Map();
    for (const one of answer.parameters) {
      const name = one.name.includes('.') ? one.name.slice(0, one.name.lastIndexOf('.')) : 'other';
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(one);
    }
    for (const [name, members] of groups) {
      const group = make('details', box);
      group.dataset.group = name;
      group.open = open.has(name);
      make('summary', group, `${name} (${members.length})`);
      const list = make('div', group, undefined, 'parameters');
      for (const one of members) this.#row(list, one);
    }
    this.#filter();
  }

  #row(list, one) {
    if (!this.#found.has(one.name)) this.#found.set(one.name, one.value);
    const was = this.#found.get(one.name);
    const row = make('div', list, undefined, 'parameter');
    row.dataset.name = one.name;
    row.classList.toggle('changed', !same(was, one.value));
    const label = make('label', row, one.name.slice(one.name.lastIndexOf('.') + 1));
    const input = this.#input(one);
    input.id = label.htmlFor = 'p-' + one.name;
    row.append(input);
    const range = one.low === null ? '' : ` (${Number(one.low.toPrecision(6))} to ${Number(one.high.toPrecision(6))})`;
    make('span', row, one.description + range, 'hint');
    const value = () => one.kind === 'switch' ? input.checked
      : one.kind === 'texts' ? input.value.split(',').map((text) => text.trim())
      : one.kind === 'text' ? input.value : Number(input.value);
    input.addEventListener('change', () => this.#set(one.name, value()));
    if (!same(was, one.value)) {
      const back = make('button', row, `back to ${Array.isArray(was) ? was.join(', ') || 'none' : was}`);
      back.type = 'button';
      back.addEventListener('click', () => this.#set(one.name, was));
    }
  }

  #input(one) {
    if (one.choices.length) {
      const select = document.createElement('select');
      for (const choice of one.choices) make('option', select, choice).value = choice;
      select.value = one.value;
      return select;
    }
    const input = document.createElement('input');
    if (one.kind === 'switch') { input.type = 'checkbox'; input.checked = one.value; return input; }
    if (one.kind === 'text' || one.kind === 'texts') {
      input.type = 'text'; input.value = one.kind === 'texts' ? one.value.join(', ') : one.value;
      return input;
    }
    input.type = 'number'; input.step = one.kind === 'integer' ? '1' : 'any';
    if (one.low !== null) { input.min = one.low; input.max = one.high; }
    input.value = one.kind === 'integer' ? one.value : Number(one.value.toPrecision(9));
    return input;
  }

  #filter() {
    const wanted = byId('find').value.trim().toLowerCase();
    for (const group of document.querySelectorAll('#parameters details')) {
      let shown = 0;
      for (const row of group.querySelectorAll('.parameter')) {
        row.hidden = !row.dataset.name.toLowerCase().includes(wanted);
        shown += !row.hidden;
      }
      group.hidden = !shown;
      if (wanted) group.open = shown > 0;
    }
  }

  async #set(name, value) {
    const answer = await this.#ask({name, value});
    if (answer) this.#tell(answer.refused ? `${name} stays as it was: ${answer.refused}` : `${name} is ${value} now`, Boolean(answer.refused));
    await this.read();
  }

  #tell(text, bad) {
    byId('told').textContent = text;
    byId('told').classList.toggle('bad', bad);
  }

  #needToken() {
    this.#tell('nothing was changed: that needs the token, as in the address that the terminal shows', true);
    byId('ask').hidden = false;
  }

  async #ask(change) {
    if (change && !this.#token()) { this.#needToken(); return null; }
    try {
      const answer = await fetch('parameters', {
        method: change ? 'POST' : 'GET', headers: {Authorization: `Bearer ${this.#token()}`},
        body: change ? JSON.stringify(change) : undefined});
      if (answer.ok) return await answer.json();
      if (answer.status === 401) this.#needToken(); else this.#tell(`refused: ${answer.status}`, true);
    } catch {
      this.#tell('no connection to the page’s server', true);
    }
    return null;
  }
}
