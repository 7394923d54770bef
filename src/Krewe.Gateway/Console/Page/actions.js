// Drain, cordon, uncordon: asked once more, then sent, and the answer shown where it was asked.
import { count, say } from './dom.js';

const texts = {
  cordon: {
    title: 'Cordon', ok: 'Cordon',
    text: card => `It gets no new requests until it is uncordoned. ${running(card)} ${card.reservedRequests === 1 ? 'goes' : 'go'} on.`,
  },
  uncordon: { title: 'Uncordon', ok: 'Uncordon', text: () => 'It takes new requests again.' },
  drain: {
    title: 'Drain', ok: 'Drain',
    text: card => `It gets no new requests. ${running(card)} may finish; what is left then goes to other instances. This life of the engine is then removed, and only a restarted one can register again.`,
  },
};

const running = card => card.reservedRequests === 0 ? 'Whatever runs there' : `The ${count(card.reservedRequests, 'request')} that ${card.reservedRequests === 1 ? 'runs' : 'run'} there`;

export class Actions {
  #pending = null;

  constructor(root, token) {
    this.token = token;
    this.dialog = root.querySelector('#ask');
    this.title = root.querySelector('#ask-title');
    this.text = root.querySelector('#ask-text');
    this.deadline = root.querySelector('#ask-deadline');
    this.seconds = root.querySelector('#ask-seconds');
    this.error = root.querySelector('#ask-error');
    this.ok = root.querySelector('#ask-ok');
    root.querySelector('#ask-cancel').addEventListener('click', () => this.dialog.close());
    root.querySelector('#ask-form').addEventListener('submit', event => {
      event.preventDefault();
      this.#send();
    });
    this.dialog.addEventListener('close', () => { this.#pending = null; });
  }

  ask(card, action) {
    this.#pending = { pool: card.pool, name: card.name, action };
    const known = texts[action];
    say(this.title, `${known.title} ${card.pool}/${card.name}?`);
    say(this.text, known.text(card));
    say(this.ok, known.ok);
    this.deadline.hidden = action !== 'drain';
    this.error.hidden = true;
    this.ok.disabled = false;
    this.dialog.showModal();
    // Enter without looking should do nothing.
    this.dialog.querySelector('#ask-cancel').focus();
  }

  async #send() {
    const asked = this.#pending;
    if (!asked) return;
    this.ok.disabled = true;
    this.error.hidden = true;
    const token = this.token();
    try {
      const path = ['fleet', 'v1', 'pools', asked.pool, 'instances', asked.name, asked.action].map(encodeURIComponent).join('/');
      const response = await fetch(`/${path}`, {
        method: 'POST', cache: 'no-store', credentials: 'omit', redirect: 'error',
        headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
        body: asked.action === 'drain' ? JSON.stringify({ deadlineMs: Number(this.seconds.value) * 1000 }) : null,
        signal: AbortSignal.timeout(15_000),
      });
      if (!response.ok) {
        const body = await response.json().catch(() => null);
        throw new Error(body?.error?.message ?? `HTTP ${response.status}`);
      }
      if (this.#pending === asked) this.dialog.close();
    } catch (error) {
      if (this.#pending !== asked) return;
      say(this.error, `It was not done: ${error.name === 'TimeoutError' ? 'no answer in time; look before you try again.' : error.message}`);
      this.error.hidden = false;
      this.ok.disabled = false;
    }
  }
}
