import type { ServerResponse } from 'node:http';
import type { LiveParts } from './live-report.ts';

/** What the server tells a page, one JSON object a line. */
export interface WebMessage {
  /** The run, in the first message. */
  readonly run?: string;
  /** HTML by the name of the part that it replaces, or that it becomes: new ones come in the order of the page. */
  readonly parts?: Readonly<Record<string, string>>;
  /** What the page says of itself. */
  readonly state?: string;
  /** Nothing comes after this. */
  readonly over?: true;
}

/** A browser that follows the run. It is sent what has changed since it was sent it last, and nothing while it is slow. */
export class WebReader {
  readonly #response: ServerResponse;
  readonly #sent = new Map<string, string>();
  readonly #timeout: number;
  #stalledSince: number | undefined;

  /** `timeout`: milliseconds after which a browser that takes nothing is dropped. */
  constructor(response: ServerResponse, timeout = 10_000) {
    this.#response = response;
    this.#timeout = timeout;
    response.on('error', () => {});
  }

  /** Sends what has changed. A message that must not be lost goes with it even to a slow one. */
  send(parts: LiveParts, message: WebMessage = {}): void {
    if (message.state === undefined && this.#isSlow()) return;
    const changed = [...parts].filter(([name, { text }]) => this.#sent.get(name) !== text);
    if (changed.length === 0 && message.state === undefined) return;
    for (const [name, { text }] of changed) this.#sent.set(name, text);
    const told: WebMessage = {
      ...message,
      ...(changed.length > 0 && {
        parts: Object.fromEntries(changed.map(([name, { text }]) => [name, text])),
      }),
    };
    this.#response.write(`${JSON.stringify(told)}\n`);
  }

  /** Resolves once it has taken everything, or is gone. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#response.destroyed) return resolve();
      this.#response.once('close', resolve);
      this.#response.end(resolve);
    });
  }

  #isSlow(): boolean {
    if (!this.#response.writableNeedDrain) {
      this.#stalledSince = undefined;
      return false;
    }
    this.#stalledSince ??= performance.now();
    if (performance.now() - this.#stalledSince > this.#timeout) this.#response.destroy();
    return true;
  }
}
