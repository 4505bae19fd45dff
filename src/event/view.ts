import type { Emit, RunEvent } from './event.ts';

/** A renderer of the event stream. Views know events only. */
export interface View {
  /** Shows one event. Never throws: a broken pipe is the view's own business. */
  show(event: RunEvent): void;
  /** Gives the view a voice of its own in the stream: what it had to leave out. */
  attach?(emit: Emit): void;
  /** The stream is over: leaves the terminal as it was and resolves when everything is written. */
  close(): Promise<void>;
}

/**
 * For the `default` of a switch over all events: does not compile when one of them is neither handled nor deliberately
 * passed over. A journal of a newer version may hold others; those change nothing.
 */
export function unhandled<T>(_event: never, otherwise: T): T {
  return otherwise;
}
