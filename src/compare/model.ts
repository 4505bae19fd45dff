import type { AmdahlFit } from './amdahl.ts';
import type { ComparedRun, ExcludedRun, RunParts } from './run.ts';
import type { Spread } from './statistic.ts';

/** How much faster so many instances are than the fewest, and how much of what is ideal that is. */
export interface Scaling {
  readonly speedUp: number;
  /** 1: as many times as fast as there are times as many instances. */
  readonly efficiency: number;
}

/** The runs of one group with one N. */
export interface ComparisonRow {
  readonly instances: number;
  readonly runs: number;
  /** Of the whole run, in seconds. */
  readonly seconds: Spread;
  /** Of the search alone. */
  readonly search: Spread;
  /** Medians. */
  readonly parts: RunParts;
  readonly rate: Spread;
  /** Against the fewest instances of the group; undefined where a time is 0. */
  readonly scaling: { readonly run: Scaling | undefined; readonly search: Scaling | undefined };
  /** Speed-up that is ideal. */
  readonly ideal: number;
  /** US dollars at most, the median. */
  readonly cost?: number;
}

/** Runs that differ in N alone. */
export interface ComparisonGroup {
  readonly machine: string;
  readonly kernel: string;
  readonly puzzle: ComparedRun['puzzle'];
  readonly space: string;
  /** The nonces that were found: one, where the work was the same. */
  readonly nonces: readonly string[];
  readonly threads?: ComparedRun['threads'];
  /** By N, ascending. */
  readonly rows: readonly ComparisonRow[];
  /** Fitted to every run, not to medians; undefined with fewer than two different N. */
  readonly amdahl: { readonly run: AmdahlFit | undefined; readonly search: AmdahlFit | undefined };
}

/** Runs side by side: what tables and charts show. */
export interface Comparison {
  readonly series?: string;
  readonly groups: readonly ComparisonGroup[];
  readonly runs: readonly ComparedRun[];
  readonly excluded: readonly ExcludedRun[];
  /** What must be known to read the figures right. */
  readonly notes: readonly string[];
}
