// What states look like, in words and shapes as well as colour, and in which tone.

const shapes = { good: '●', warn: '▲', bad: '■', calm: '◆', dim: '○' };

export const tones = {
  Healthy: 'good', Degraded: 'warn', Down: 'bad',
  Joining: 'calm', Active: 'good', LeaseLost: 'warn', Suspect: 'bad', Removed: 'dim',
  Open: 'good', Cordoned: 'calm', Draining: 'calm', Drained: 'dim',
  Starting: 'calm', Frozen: 'warn',
};

export const breakerTones = { Closed: 'good', Open: 'bad', HalfOpen: 'warn' };

const spaced = { LeaseLost: 'Lease lost', HalfOpen: 'Half open' };

export const words = state => spaced[state] ?? state;

/** Shows a state in an element that is a badge: shape, word, tone. */
export function badge(element, state, tone) {
  const text = `${shapes[tone] ?? shapes.dim} ${words(state)}`;
  if (element.textContent !== text) {
    const shape = document.createElement('span');
    shape.setAttribute('aria-hidden', 'true');
    shape.className = 'shape';
    shape.textContent = `${shapes[tone] ?? shapes.dim} `;
    element.replaceChildren(shape, words(state));
  }
  if (element.dataset.tone !== tone) element.dataset.tone = tone;
}

const split = text => text.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();

/** NewIncarnation → new incarnation; LeaseExpired:Silent → lease expired (silent). */
export function plain(cause) {
  const [why, evidence] = cause.split(':').map(split);
  return evidence && !why.includes(evidence) ? `${why} (${evidence})` : why;
}
