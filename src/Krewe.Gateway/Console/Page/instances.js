// The rows of a pool's table.
import { age, count, el, mark, number, place, say } from './dom.js';
import { badge, breakerTones, tones, words } from './words.js';

export const columns = [
  ['name', 'Instance'], ['role', 'Role'], ['state', 'Liveness'], ['admin', 'Admin'], ['breaker', 'Breaker'], ['epoch', 'Epoch', 'n'],
  ['protocol', 'Protocol'], ['reserved', 'Reserved', 'n'], ['engine', 'Engine', 'n'], ['kv', 'KV', 'n'], ['evidence', 'Evidence', 'n'], ['actions', 'Actions'],
];

const roleOrder = { prefill: 0, decode: 1, mixed: 2 };
const lateEvidence = 2_000;

export const order = (a, b) =>
  roleOrder[a.role] - roleOrder[b.role] || a.name.localeCompare(b.name, 'en', { numeric: true });

let rows = 0;

export class InstanceRow {
  #cells = {};
  #card = null;

  constructor(pool, name, act) {
    const id = `row-${++rows}`;
    this.expand = el('button', { type: 'button', class: 'name', 'aria-expanded': 'false', 'aria-controls': id });
    this.expand.append(name);
    this.expand.addEventListener('click', () => this.#toggle());
    this.row = el('tr', { role: 'row', 'data-instance': name });
    for (const [key, label, kind] of columns) {
      const cell = el(key === 'name' ? 'th' : 'td', { role: key === 'name' ? 'rowheader' : 'cell', scope: key === 'name' ? 'row' : null, 'data-label': label, class: `c-${key}${kind ? ` ${kind}` : ''}` });
      this.#cells[key] = cell;
      this.row.append(cell);
    }
    this.#cells.name.append(this.expand);
    for (const key of ['state', 'admin', 'breaker']) {
      const shown = el('span', { class: 'badge' });
      this.#cells[key].append(shown);
      this.#cells[key].shown = shown;
    }
    this.bar = el('meter', { min: 0, max: 1, value: 0, 'aria-hidden': 'true' });
    this.reserved = el('span');
    this.#cells.reserved.append(this.reserved, this.bar);
    this.cordon = el('button', { type: 'button', class: 'small' });
    this.drain = el('button', { type: 'button', class: 'small' }, 'Drain');
    this.drain.setAttribute('aria-label', `Drain ${pool}/${name}`);
    this.cordon.addEventListener('click', () => act(this.#card, this.#card.admin === 'Cordoned' ? 'uncordon' : 'cordon'));
    this.drain.addEventListener('click', () => act(this.#card, 'drain'));
    this.#cells.actions.append(this.cordon, this.drain);
    this.detail = el('tr', { role: 'row', id, class: 'detail', hidden: true });
    this.facts = el('dl', { class: 'facts' });
    this.detail.append(el('td', { role: 'cell', colspan: columns.length }, this.facts));
    this.pool = pool;
    this.name = name;
  }

  get card() {
    return this.#card;
  }

  show(card) {
    this.#card = card;
    const gone = card.state === 'Removed';
    const cells = this.#cells;
    say(cells.role, card.role);
    badge(cells.state.shown, card.state, tones[card.state]);
    badge(cells.admin.shown, card.admin, tones[card.admin]);
    badge(cells.breaker.shown, card.breaker, breakerTones[card.breaker]);
    say(cells.epoch, card.epoch);
    say(cells.protocol, card.protocol);
    say(this.reserved, `${number(card.reservedRequests)} / ${number(card.limit)}`);
    this.bar.value = Math.min(1, (card.reservedRequests + card.externalRequests) / Math.max(1, card.limit));
    say(cells.engine, `${number(card.running)} + ${number(card.waiting)}`);
    mark(cells.engine, 'title', `${count(card.running, 'request')} in the engine’s batch, ${card.waiting} in its queue`);
    say(cells.kv, `${number(card.kvUsage * 100)} %`);
    mark(this.row, 'data-schedulable', card.schedulable ? 'yes' : 'no');
    mark(this.row, 'data-tone', gone ? 'dim' : card.schedulable ? null : tones[card.state] === 'good' ? (card.admin === 'Open' ? 'bad' : 'calm') : tones[card.state]);
    const uncordon = card.admin === 'Cordoned';
    say(this.cordon, uncordon ? 'Uncordon' : 'Cordon');
    this.cordon.setAttribute('aria-label', `${uncordon ? 'Uncordon' : 'Cordon'} ${this.pool}/${this.name}`);
    this.cordon.disabled = gone || !['Open', 'Cordoned'].includes(card.admin);
    this.drain.disabled = gone || !['Open', 'Cordoned'].includes(card.admin);
    if (!this.detail.hidden) this.#showFacts();
  }

  /** Brings up to date what changes by growing old. */
  tick(now) {
    const card = this.#card;
    const cell = this.#cells.evidence;
    if (card.state === 'Removed') {
      say(cell, '–');
      mark(cell, 'data-tone', null);
      return;
    }
    if (card.reportedAt === null) {
      say(cell, 'probes only');
      return;
    }
    const old = now - card.reportedAt;
    const late = old > lateEvidence;
    say(cell, `${late ? '▲ ' : ''}${age(old)}`);
    mark(cell, 'data-tone', late ? 'warn' : null);
  }

  placeIn(body, before) {
    place(body, this.detail, before);
    place(body, this.row, this.detail);
    return this.row;
  }

  remove() {
    this.row.remove();
    this.detail.remove();
  }

  #toggle() {
    this.detail.hidden = !this.detail.hidden;
    this.expand.setAttribute('aria-expanded', String(!this.detail.hidden));
    if (!this.detail.hidden) this.#showFacts();
  }

  #showFacts() {
    const card = this.#card;
    const facts = [
      ['URL', card.url], ['Incarnation', card.incarnation], ['Model', card.model], ['Transfer group', card.transferGroup],
      ['Takes new work', card.schedulable ? 'yes' : 'no'],
      ['Reserved', `${count(card.reservedRequests, 'request')}, ${count(card.reservedTokens, 'prompt token')}`],
      ['Beyond our own', count(card.externalRequests, 'request')], ['Liveness', words(card.state)],
    ];
    facts.forEach(([term, value], i) => {
      let fact = this.facts.children[i];
      if (!fact) this.facts.append(fact = el('div', {}, el('dt', {}, term), el('dd')));
      say(fact.lastChild, value);
    });
  }
}
