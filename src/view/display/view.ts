import type { DropCount } from './drop-count.ts';
import type { RunEvent } from '../../event/event.ts';

/** What somebody at the keyboard wants of the controller. */
export interface DisplayListener {
  /** The run should end, as with Ctrl-C. */
  quit(): void;
  answer(yes: boolean): void;
}

/** A view in the display's process. */
export interface DisplayView {
  show(event: RunEvent): void;
  /** A line for stderr besides the events. */
  line(text: string): void;
  /** Asks, or with undefined withdraws the question. */
  ask(question: string | undefined): void;
  key(key: string): void;
  /** The process is about to be stopped, and goes on. */
  suspend(): void;
  resume(): void;
  readonly drops: DropCount;
  /** Resolves when everything that was shown is written. */
  settle(): Promise<void>;
  /** The stream is over: leaves the terminal as it was; resolves once stdout is written, with whether the result is. */
  finish(): Promise<boolean>;
}

/** Characters that wait for a reader before progress is left out. */
export const fullBacklog = { lines: 65_536, events: 1_048_576 } as const;

/** Whether an event may be left out where the reader is slow: what it says is said again. */
export function isDroppable({ event }: RunEvent): boolean {
  return event === 'instance.progress' || event === 'run.progress';
}
