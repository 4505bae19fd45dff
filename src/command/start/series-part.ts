import type { Start } from '../../clock.ts';
import type { Interrupts } from '../../run/interrupt.ts';
import type { RunId } from '../../run-id.ts';
import type { RunView } from './run-display.ts';

/** A run as a part of a series, which has its own view, its own signals, and many runs in one process. */
export interface SeriesPart {
  readonly series: string;
  /** The moment T counts from. */
  readonly start: Start;
  readonly interrupts: Interrupts;
  readonly view: RunView;
  /** Called before anything is launched. */
  readonly onRun: (run: RunId) => Promise<void>;
}
