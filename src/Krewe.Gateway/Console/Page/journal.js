// The stream of transitions and failovers, and what of it is spoken.
import { el, mark, say } from './dom.js';
import { breakerTones, plain, tones, words } from './words.js';

const most = 300;
const shapes = { good: '●', warn: '▲', bad: '■', calm: '◆', dim: '○' };
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });

function toneOf(entry) {
  if (entry.what === 'epoch') return entry.to === 'Lost' ? 'bad' : 'calm';
  if (entry.what === 'breaker') return breakerTones[entry.to] ?? 'dim';
  return tones[entry.to] ?? 'dim';
}

/** What happened, in a few words. */
function sentence(entry) {
  if (entry.what === 'epoch' && entry.to === 'Lost') return 'failover: its attempts go elsewhere';
  if (entry.what === 'epoch') return `epoch ${entry.to}`;
  const from = entry.from === '-' ? '' : `${words(entry.from)} → `;
  return `${entry.what === 'liveness' ? '' : `${entry.what} `}${from}${words(entry.to)}`;
}

export class Journal {
  #spoken = new Map();
  #timer = 0;
  #pools = new Set();

  constructor(root) {
    this.list = root.querySelector('#journal');
    this.empty = root.querySelector('#journal-empty');
    this.filter = root.querySelector('#journal-pool');
    this.voice = root.querySelector('#spoken');
    this.filter.addEventListener('change', () => this.#sift());
  }

  clear() {
    this.list.replaceChildren();
    this.empty.hidden = false;
  }

  /** Takes entries, newest first. */
  add(entries, missed, isNews) {
    for (const entry of [...entries].reverse()) {
      this.list.prepend(this.#item(entry));
      this.#know(entry.pool);
      if (isNews) this.#tell(entry);
    }
    if (missed > 0) this.list.insertBefore(el('li', { class: 'missed' }, `${missed} more that came too fast to show`), this.list.children[entries.length] ?? null);
    while (this.list.children.length > most) this.list.lastChild.remove();
    this.empty.hidden = this.list.children.length > 0;
  }

  #item(entry) {
    const at = new Date(entry.at);
    const tone = toneOf(entry);
    const who = entry.instance === null ? entry.pool : `${entry.pool}/${entry.instance}`;
    const item = el('li', { 'data-tone': tone, 'data-pool': entry.pool },
      el('time', { datetime: entry.at, title: at.toLocaleString() }, clock.format(at)),
      el('span', { class: 'shape', 'aria-hidden': 'true' }, shapes[tone]),
      el('span', { class: 'event' }, el('span', { class: 'who' }, who), ' ', el('span', { class: 'what' }, sentence(entry))),
      el('span', { class: 'why' }, `${plain(entry.cause)}${entry.epoch === null ? '' : ` · epoch ${entry.epoch}`}`));
    item.hidden = this.filter.value !== '' && this.filter.value !== entry.pool;
    return item;
  }

  #know(pool) {
    if (this.#pools.has(pool)) return;
    this.#pools.add(pool);
    this.filter.append(el('option', { value: pool }, pool));
  }

  #sift() {
    for (const item of this.list.children) item.hidden = this.filter.value !== '' && item.dataset.pool !== this.filter.value;
  }

  /** What a person who does not look should hear: health, and instances that are lost or back. Gathered, so that a burst is one sentence. */
  #tell(entry) {
    if (entry.what !== 'health' && !(entry.what === 'liveness' && ['Suspect', 'Removed', 'Active'].includes(entry.to)) && entry.to !== 'Frozen') return;
    const who = entry.instance === null ? `Pool ${entry.pool}` : `${entry.instance} of ${entry.pool}`;
    this.#spoken.delete(who);
    this.#spoken.set(who, words(entry.to));
    this.#timer ||= setTimeout(() => {
      const shown = [...this.#spoken].slice(-3).map(([subject, state]) => `${subject}: ${state}`);
      const more = this.#spoken.size - shown.length;
      say(this.voice, `${shown.join('. ')}.${more > 0 ? ` And ${more} more.` : ''}`);
      this.#spoken.clear();
      this.#timer = 0;
    }, 1_500);
  }
}

export function showSilos(body, silos) {
  body.replaceChildren(...silos.map(silo => {
    const state = el('td', {}, el('span', { class: 'shape', 'aria-hidden': 'true' }, `${shapes[tones[silo.state] ?? 'dim']} `), silo.state);
    mark(state, 'data-tone', tones[silo.state] ?? 'dim');
    return el('tr', {}, el('th', { scope: 'row', class: 'id' }, silo.silo, silo.self ? el('span', { class: 'chip' }, 'this one') : null), state);
  }));
}
