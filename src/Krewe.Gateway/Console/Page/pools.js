// One section per pool: health, figures, instances.
import { count, el, mark, number, place, rate, say, svg, time } from './dom.js';
import { InstanceRow, columns, order } from './instances.js';
import { badge, plain, tones } from './words.js';

const tiles = [
  ['requests', 'Requests / s', 'Requests that ended on this silo, over the last 5 seconds; the line is the last 2 minutes.'],
  ['failures', 'Failing / s', 'Requests that ended in an error of ours or of an engine, over the last 5 seconds.'],
  ['tokens', 'Tokens / s', 'Tokens of requests that ended, over the last 5 seconds.'],
  ['running', 'In flight', 'Reservations on the pool’s instances, of all silos.'],
  ['waiting', 'Queue', 'Requests that wait for room on this silo.'],
  ['first', 'First token', 'Time from a request’s arrival to its first token, over the last minute.'],
  ['each', 'Per token', 'Time per output token of completed streams, over the last minute.'],
  ['failovers', 'Failovers', 'Attempts that were moved to another instance within the last minute.'],
];

const width = 120;
const height = 26;

/** The chips tell of each role what the reason's end repeats. */
const reasonOf = card => card.reason.replace(/;?\s*(a role has no )?schedulable( instance)?: .*$/, '') || plain(card.reasonCode);

class Tile {
  constructor([, label, meaning]) {
    this.value = el('span', { class: 'value' });
    this.more = el('span', { class: 'more' });
    this.root = el('div', { class: 'tile', title: meaning }, el('dt', {}, label), el('dd', {}, this.value, this.more));
  }

  show(value, more = '', tone = null) {
    say(this.value, value);
    say(this.more, more);
    mark(this.root, 'data-tone', tone);
  }
}

export class PoolSection {
  #rows = new Map();
  #tiles = {};
  #card = null;

  constructor(name, act) {
    this.name = name;
    this.act = act;
    this.health = el('span', { class: 'badge big' });
    this.reason = el('span', { class: 'reason' });
    this.meta = el('span', { class: 'meta' });
    this.roles = el('span', { class: 'roles' });
    this.alarm = el('p', { class: 'alarm', hidden: true });
    this.line = svg('polyline', { class: 'line' });
    this.area = svg('polygon', { class: 'area' });
    const spark = svg('svg', { class: 'spark', viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      svg('line', { class: 'base', x1: 0, x2: width, y1: height - 1, y2: height - 1 }), this.area, this.line);
    this.figures = el('dl', { class: 'tiles' });
    for (const tile of tiles) {
      const made = this.#tiles[tile[0]] = new Tile(tile);
      this.figures.append(made.root);
    }
    this.#tiles.requests.root.append(spark);
    this.#tiles.requests.root.classList.add('wide');
    for (const key of ['first', 'each']) this.#tiles[key].root.classList.add('pair');

    const id = `pool-${name}`;
    this.body = el('tbody', { role: 'rowgroup' });
    this.empty = el('p', { class: 'empty' }, 'No instances.');
    this.hidden = el('p', { class: 'hint', hidden: true });
    const head = el('tr', { role: 'row' }, ...columns.map(([key, label, kind]) =>
      el('th', { role: 'columnheader', scope: 'col', class: `c-${key}${kind ? ` ${kind}` : ''}` }, label)));
    this.table = el('table', { role: 'table', class: 'instances', 'aria-labelledby': id }, el('thead', { role: 'rowgroup' }, head), this.body);
    this.root = el('section', { class: 'panel pool', 'aria-labelledby': id, 'data-pool': name },
      el('div', { class: 'panel-head' },
        el('h2', { id }, name), this.health, this.reason, this.roles, this.meta),
      this.alarm, this.figures,
      el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `Instances of ${name}` }, this.table),
      this.empty, this.hidden);
    this.#idle();
  }

  get card() {
    return this.#card;
  }

  showPool(card) {
    this.#card = card;
    badge(this.health, card.health, tones[card.health]);
    mark(this.root, 'data-tone', tones[card.health]);
    say(this.reason, reasonOf(card));
    say(this.meta, `model ${card.model} · ${card.policy}${card.judgedBy === 'view' ? ' · judged by this silo' : ''}`);
    const wanted = card.roles.map(role => `${role.role} ${role.schedulable}/${role.total}`);
    if (this.roles.children.length !== wanted.length) this.roles.replaceChildren(...wanted.map(() => el('span', { class: 'chip' })));
    card.roles.forEach((role, i) => {
      const short = role.schedulable < role.total;
      say(this.roles.children[i], `${short ? '▲ ' : ''}${wanted[i]}`);
      mark(this.roles.children[i], 'data-tone', role.schedulable === 0 ? 'bad' : short ? 'warn' : null);
      mark(this.roles.children[i], 'title', `${role.schedulable} of ${count(role.total, `${role.role} instance`)} take new work`);
    });
    const alarms = [
      card.frozen ? 'Half of the pool fell silent at once, so nobody is taken for lost on silence: look at the network first.' : '',
      card.refusesNew ? 'The pool failed fast: it takes no new requests.' : '',
    ].filter(text => text !== '');
    this.alarm.hidden = alarms.length === 0;
    say(this.alarm, alarms.length ? `▲ ${alarms.join(' ')}` : '');
    this.#tiles.waiting.show(number(card.waiting), '', card.waiting > 0 ? 'warn' : null);
    this.hidden.hidden = card.hidden === 0;
    say(this.hidden, card.hidden ? `${count(card.hidden, 'more instance')} not shown here; see /admin/v1/pools/${this.name}.` : '');
  }

  showFigures(card) {
    const pair = figure => figure === null ? ['–', ''] : [time(figure.p50), `p99 ${time(figure.p99)}`];
    this.#tiles.requests.show(rate(card.requestsPerSecond));
    this.#tiles.failures.show(rate(card.failuresPerSecond), '', card.failuresPerSecond > 0 ? 'bad' : null);
    this.#tiles.tokens.show(rate(card.tokensPerSecond));
    this.#tiles.first.show(...pair(card.timeToFirstToken));
    this.#tiles.each.show(...pair(card.timePerOutputToken));
    this.#tiles.failovers.show(number(card.failovers), 'last min', card.failovers > 0 ? 'warn' : null);
    this.#draw(card.requestsBySecond);
  }

  showInstance(card) {
    let row = this.#rows.get(card.name);
    const isNew = !row;
    if (isNew) this.#rows.set(card.name, row = new InstanceRow(this.name, card.name, this.act));
    const moved = isNew || row.card.role !== card.role;
    row.show(card);
    if (moved) this.#arrange();
  }

  removeInstance(name) {
    this.#rows.get(name)?.remove();
    this.#rows.delete(name);
  }

  /** Once per batch of cards. */
  settle(now) {
    let flying = 0;
    for (const row of this.#rows.values()) flying += row.card.reservedRequests;
    this.#tiles.running.show(number(flying));
    this.empty.hidden = this.#rows.size > 0;
    this.table.hidden = this.#rows.size === 0;
    this.tick(now);
  }

  tick(now) {
    for (const row of this.#rows.values()) row.tick(now);
  }

  get size() {
    return this.#rows.size;
  }

  #arrange() {
    let before = null;
    const sorted = [...this.#rows.values()].sort((a, b) => order(b.card, a.card));
    for (const row of sorted) before = row.placeIn(this.body, before);
  }

  #idle() {
    for (const key of ['requests', 'failures', 'tokens', 'running', 'waiting']) this.#tiles[key].show('0');
    this.#tiles.failovers.show('0', 'last min');
    this.#tiles.first.show('–');
    this.#tiles.each.show('–');
  }

  #draw(counts) {
    const most = Math.max(1, ...counts);
    const step = width / 119;
    const from = width - step * Math.max(0, counts.length - 1);
    const points = counts.map((value, i) => `${(from + i * step).toFixed(1)},${(height - 1 - (value / most) * (height - 3)).toFixed(1)}`);
    this.line.setAttribute('points', points.join(' '));
    this.area.setAttribute('points', points.length ? `${from.toFixed(1)},${height} ${points.join(' ')} ${width},${height}` : '');
  }
}

/** Keeps the sections in the order of their names. */
export function arrange(parent, sections) {
  let before = null;
  for (const section of [...sections].sort((a, b) => b.name.localeCompare(a.name, 'en', { numeric: true }))) {
    place(parent, section.root, before);
    before = section.root;
  }
}
