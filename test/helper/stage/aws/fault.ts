import type { Call } from './call.ts';

/** What goes wrong, and with which calls. Everything that is not stated matches. */
export interface Fault {
  readonly service?: string;
  readonly action?: string;
  readonly region?: string;
  readonly match?: (call: Call) => boolean;
  /** So many matching calls pass first. */
  readonly after?: number;
  /** So many matching calls are hit; without it all. */
  readonly times?: number;
  /** Milliseconds before the call is looked at. */
  readonly delay?: number;
  /** Answered with this error: a code of AWS, or `Throttled`, `Expired`, `Denied`, `Internal` in the service's own words. */
  readonly error?: string;
  readonly message?: string;
  /** The HTTP status of the error, if another than the usual. */
  readonly status?: number;
  /** The connection is reset, before the call has any effect or after all of it. */
  readonly lost?: 'before' | 'after';
  /** Never answered. */
  readonly hang?: boolean;
}

/** The faults of a stage, in the order they were added: of those that match a call, the delays add up and the first that does more is done. */
export class Faults {
  #rules: { fault: Fault; seen: number }[] = [];

  /** Returns the function that takes it back. */
  add(fault: Fault): () => void {
    const rule = { fault, seen: 0 };
    this.#rules.push(rule);
    return () => {
      this.#rules = this.#rules.filter((other) => other !== rule);
    };
  }

  clear(): void {
    this.#rules = [];
  }

  /** What happens to this call. Counts it. */
  strike(call: Call): Fault | undefined {
    const hits = this.#rules.filter((rule) => hit(rule, call)).map(({ fault }) => fault);
    if (hits.length === 0) return undefined;
    const main = hits.find(({ error, lost, hang }) => error !== undefined || lost !== undefined || hang);
    return { ...main, delay: hits.reduce((sum, { delay = 0 }) => sum + delay, 0) };
  }
}

function hit(rule: { fault: Fault; seen: number }, call: Call): boolean {
  const { service, action, region, match, after = 0, times = Infinity } = rule.fault;
  if (service !== undefined && service !== call.service) return false;
  if (action !== undefined && action !== call.action) return false;
  if (region !== undefined && region !== call.region) return false;
  if (match !== undefined && !match(call)) return false;
  // What counts calls counts questions, in however many pages the stage answers them.
  if (call.continues && (after > 0 || times < Infinity)) return false;
  rule.seen += 1;
  return rule.seen > after && rule.seen <= after + times;
}
