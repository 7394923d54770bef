// Puts the page together: credentials, the live connection, and where each card goes.
import { Actions } from './actions.js';
import { count, mark, say } from './dom.js';
import { Journal, showSilos } from './journal.js';
import { PoolSection, arrange } from './pools.js';
import { Stream } from './stream.js';

const tokenKey = 'krewe.token';
const byId = id => document.getElementById(id);

// A browser that keeps nothing for pages keeps the token in this variable alone.
let token = null;
try {
  token = sessionStorage.getItem(tokenKey);
} catch {
  token = null;
}

function keep(value) {
  token = value;
  try {
    if (value) sessionStorage.setItem(tokenKey, value);
    else sessionStorage.removeItem(tokenKey);
  } catch {
    // Kept until the page is left.
  }
  byId('forget').hidden = !value;
}

const pools = new Map();
const journal = new Journal(document);
const actions = new Actions(document, () => token);
const clock = { silo: 0, here: 0 };
let stream = null;

const siloNow = () => clock.silo + performance.now() - clock.here;

function section(name) {
  let known = pools.get(name);
  if (!known) {
    pools.set(name, known = new PoolSection(name, (card, action) => actions.ask(card, action)));
    arrange(byId('pools'), pools.values());
  }
  return known;
}

function take({ key, card }) {
  const [kind, pool, name] = key.split('/');
  if (kind === 's') {
    if (card) showSilos(byId('silos'), card);
  } else if (card === null) {
    if (kind === 'i') pools.get(pool)?.removeInstance(name);
    else if (kind === 'p') {
      pools.get(pool)?.root.remove();
      pools.delete(pool);
    }
  } else if (kind === 'p') section(pool).showPool(card);
  else if (kind === 'f') section(pool).showFigures(card);
  else if (kind === 'i') section(pool).showInstance(card);
}

/** What a snapshot does not have is gone: rows stay where they were otherwise, and so does the focus. */
function forget(cards) {
  const known = new Set(cards.map(one => one.key));
  for (const [name, pool] of pools) {
    if (!known.has(`p/${name}/`)) take({ key: `p/${name}/`, card: null });
    else for (const row of pool.body.querySelectorAll('tr[data-instance]')) {
      if (!known.has(`i/${name}/${row.dataset.instance}`)) pool.removeInstance(row.dataset.instance);
    }
  }
}

function onMessage(kind, message) {
  clock.silo = message.now;
  clock.here = performance.now();
  const isSnapshot = kind === 'snapshot';
  if (isSnapshot) {
    forget(message.cards);
    journal.clear();
    say(byId('silo'), message.silo);
    byId('access').hidden = true;
    byId('main').hidden = false;
  }
  for (const one of message.cards) take(one);
  journal.add(message.events, message.missed, !isSnapshot);
  for (const pool of pools.values()) pool.settle(siloNow());
  byId('none').hidden = pools.size > 0;
  overall();
}

function overall() {
  const shown = byId('overall');
  const of = health => [...pools.values()].filter(pool => pool.card?.health === health).length;
  const [down, degraded] = [of('Down'), of('Degraded')];
  const tone = down > 0 ? 'bad' : degraded > 0 ? 'warn' : 'good';
  const parts = [down > 0 ? `${down} down` : '', degraded > 0 ? `${degraded} degraded` : ''].filter(part => part !== '');
  const shape = { bad: '■', warn: '▲', good: '●' }[tone];
  mark(shown, 'data-tone', tone);
  say(shown, pools.size === 0 ? '' : `${shape} ${parts.length ? parts.join(', ') : 'all healthy'} · ${count(pools.size, 'pool')}`);
  const title = `${parts.length ? `${shape} ${parts.join(', ')} – ` : ''}Krewe console`;
  if (document.title !== title) document.title = title;
}

const linkWords = { connecting: 'Connecting', live: 'Live', lost: 'Not connected: figures are old', refused: 'Not signed in' };

function onState(state) {
  const link = byId('link');
  // Trying again is no news while the connection is down.
  const shown = state === 'connecting' && link.dataset.state === 'lost' ? 'lost' : state;
  mark(link, 'data-state', shown);
  say(byId('link-text'), linkWords[shown]);
  mark(document.body, 'data-link', shown);
}

function onRefused(status, message) {
  onState('refused');
  const had = token !== null;
  keep(null);
  byId('main').hidden = true;
  byId('none').hidden = true;
  byId('access').hidden = false;
  say(byId('access-why'), had ? `That token was not taken. ${message}` : 'This silo shows its fleet to operators only.');
  byId('token').focus();
}

function open() {
  stream?.stop();
  stream = new Stream('/admin/v1/stream', token, { onState, onMessage, onRefused });
  stream.run();
}

byId('access').addEventListener('submit', event => {
  event.preventDefault();
  const given = byId('token');
  keep(given.value.trim());
  given.value = '';
  byId('access').hidden = true;
  open();
});

byId('forget').addEventListener('click', () => {
  keep(null);
  stream?.stop();
  // A loaded page holds what the token showed: it goes with the token.
  location.reload();
});

setInterval(() => {
  if (document.hidden || document.body.dataset.link !== 'live') return;
  for (const pool of pools.values()) pool.tick(siloNow());
}, 500);

keep(token);
open();
