// Small pieces for building the page. Text only ever becomes text: nothing here, or anywhere in the console, makes markup of a string.

/** An element with attributes, and children that are elements or text. */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter(child => child !== null && child !== undefined));
  return made;
}

const svgNames = 'http://www.w3.org/2000/svg';

export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS(svgNames, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Sets text only where it differs, so that a selection and a screen reader's place stay. */
export function say(element, text) {
  const wanted = String(text);
  if (element.textContent !== wanted) element.textContent = wanted;
}

export function mark(element, name, value) {
  if (value === null || value === undefined || value === '') element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

/** Puts a keyed child where it belongs, moving it only where it stands elsewhere: a focused button stays focused. */
export function place(parent, child, before) {
  if (child.parentNode !== parent || child.nextSibling !== before) parent.insertBefore(child, before);
}

export function number(value, digits = 0) {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function rate(value) {
  return value >= 100 ? number(value) : value >= 10 ? number(value, 1) : value === 0 ? '0' : number(value, 2);
}

/** Seconds, in the unit that reads best. */
export function time(seconds) {
  if (seconds < 0.0995) return `${number(seconds * 1000, seconds < 0.00995 ? 1 : 0)} ms`;
  if (seconds < 0.9995) return `${number(seconds * 1000)} ms`;
  return `${number(seconds, seconds < 9.995 ? 2 : 1)} s`;
}

/** How long ago, short. */
export function age(milliseconds) {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}

export function count(value, word) {
  return `${number(value)} ${word}${value === 1 ? '' : 's'}`;
}
