// The live connection: server-sent events read with fetch, because an EventSource can send no Authorization header and a
// token must not stand in a URL.

const silence = 15_000;
const longestPause = 10_000;

/** Reads events from a response until it ends, and hands each on as (name, data). */
async function read(response, onEvent, onByte) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onByte();
    rest += value;
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const block = rest.slice(0, end);
      rest = rest.slice(end + 2);
      let name = 'message';
      const data = [];
      for (const line of block.split('\n')) {
        if (line.startsWith('event: ')) name = line.slice(7);
        else if (line.startsWith('data: ')) data.push(line.slice(6));
      }
      if (data.length > 0) onEvent(name, data.join('\n'));
    }
  }
}

/**
 * Stays connected until it is stopped or refused. Reconnects with growing, jittered pauses; a connection on which nothing
 * comes for 15 s (the silo sends something every 5 s) counts as broken.
 */
export class Stream {
  #stopped = false;
  #abort = null;
  #wake = null;

  constructor(url, token, { onState, onMessage, onRefused }) {
    Object.assign(this, { url, token, onState, onMessage, onRefused });
    // Another tab was in front, or the machine slept: no need to wait out the pause.
    addEventListener('online', () => this.#wake?.());
  }

  async run() {
    for (let failures = 0; !this.#stopped;) {
      this.onState('connecting');
      const abort = this.#abort = new AbortController();
      let timer = 0;
      const heard = () => {
        clearTimeout(timer);
        timer = setTimeout(() => abort.abort(), silence);
      };
      try {
        heard();
        const response = await fetch(this.url, {
          headers: { Accept: 'text/event-stream', ...(this.token ? { Authorization: `Bearer ${this.token}` } : {}) },
          cache: 'no-store', credentials: 'omit', redirect: 'error', signal: abort.signal,
        });
        if (response.status === 401 || response.status === 403) {
          const body = await response.json().catch(() => null);
          this.onRefused(response.status, body?.error?.message ?? '');
          return;
        }
        if (!response.ok) throw new Error(`HTTP ${response.status}`);
        this.onState('live');
        await read(response, (name, data) => {
          failures = 0;
          this.onMessage(name, JSON.parse(data));
        }, heard);
      } catch {
        // What went wrong does not matter: it is tried again.
      } finally {
        clearTimeout(timer);
      }
      if (this.#stopped) return;
      failures++;
      this.onState('lost');
      const pause = Math.min(longestPause, 250 * 2 ** failures) * (0.5 + Math.random() / 2);
      await new Promise(resolve => {
        this.#wake = resolve;
        setTimeout(resolve, pause);
      });
    }
  }

  stop() {
    this.#stopped = true;
    this.#abort?.abort();
    this.#wake?.();
  }
}
