import { readFile } from 'node:fs/promises';

/** What a kernel did in one window of a timing, all its threads together. */
export interface Window {
  /** Nonces per second by the clock on the wall. */
  readonly wall: number;
  /** Nonces per second of processor time, times the threads: what the cores did while the kernels had them. */
  readonly processor: number;
  /** Seconds that the kernels wanted a processor and did not have one, and seconds that they had one. */
  readonly waited: number;
  readonly ran: number;
}

/** How much others disturbed a timing. */
export interface Contention {
  /** The share of the time that kernels waited for a processor that other programs had. */
  readonly waiting: number;
  /**
   * How much slower the median window was than the fastest for the same processor time: another hyper-thread of the core was
   * busy at times (in a virtual machine perhaps a neighbour's), or the clock changed.
   */
  readonly slower: number;
  /** Whether that is more than the noise of a quiet machine. */
  readonly isContended: boolean;
}

/** A timing: the medians are what the machine does now, `quiet` is what it does undisturbed. Nonces per second. */
export interface MeasuredRate {
  readonly rate: number;
  readonly quiet: number;
  readonly contention: Contention;
}

/** Shares up to which a machine counts as quiet: a processor's clock alone moves by some percent. */
const noise = { waiting: 0.03, slower: 0.08 };

/**
 * What several windows of one timing tell. Whoever disturbs all of them alike, as a neighbour on the core that never pauses, cannot
 * be told from a slower machine. Pure.
 */
export function timingOf(windows: readonly Window[]): MeasuredRate {
  const quiet = Math.max(0, ...windows.map(({ processor }) => processor));
  const ran = sum(windows.map((one) => one.ran));
  const waited = sum(windows.map((one) => one.waited));
  const waiting = waited > 0 ? waited / (ran + waited) : 0;
  const slower = quiet > 0 ? 1 - median(windows.map(({ processor }) => processor)) / quiet : 0;
  return {
    rate: median(windows.map(({ wall }) => wall)),
    quiet,
    contention: { waiting, slower, isContended: waiting > noise.waiting || slower > noise.slower },
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Seconds that a process has run on a processor, and has waited for one. */
export interface ProcessorTime {
  readonly ran: number;
  readonly waited: number;
}

/** Of a process's main thread, from /proc/PID/schedstat; undefined where there is none (other systems, a process that ended). */
export async function processorTime(pid: number | undefined): Promise<ProcessorTime | undefined> {
  const text = await readFile(`/proc/${pid}/schedstat`, 'ascii').catch(() => '');
  return parseProcessorTime(text);
}

/** Reads `<nanoseconds run> <nanoseconds waited> <times>`. Pure. */
export function parseProcessorTime(text: string): ProcessorTime | undefined {
  const [, ran, waited] = /^(\d+) (\d+) \d+\s*$/.exec(text) ?? [];
  return ran === undefined ? undefined : { ran: Number(ran) / 1e9, waited: Number(waited) / 1e9 };
}
