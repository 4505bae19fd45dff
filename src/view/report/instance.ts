import type { Moments, ReportedInstance, RunReport, Stage } from './model.ts';

/** Spans that are kept of one instance: one that is lost and retried for a day says nothing more. */
const mostSpans = 400;

/** What is known of an instance, perhaps nothing yet. */
export function instanceOf(report: RunReport, index: number): ReportedInstance {
  const known = report.instances.get(index);
  if (known) return known;
  const made: ReportedInstance = {
    index,
    moments: {},
    spans: [],
    current: undefined,
    hashes: { earlier: 0, present: 0 },
    found: false,
  };
  report.instances.set(index, made);
  return made;
}

/** An instance is in this stage from now on; `moment` is what that is the first time of. */
export function enterStage(
  report: RunReport,
  index: number,
  stage: Stage,
  at: number,
  moment?: keyof Moments,
): void {
  const instance = instanceOf(report, index);
  if (moment) instance.moments[moment] ??= at;
  // What came late does not bring it back.
  if (instance.moments.terminated !== undefined || instance.current?.stage === stage) return;
  endStage(report, index, at);
  instance.current = { stage, since: at };
}

/** All its kernels have exited, so many seconds after the end of the search was known; without, they ended by themselves. */
export function setStopped(report: RunReport, index: number, at: number, latency: number | undefined): void {
  const instance = instanceOf(report, index);
  instance.moments.stopped = at;
  if (latency !== undefined)
    enterStage(report, index, 'stop', Math.max(instance.current?.since ?? 0, at - latency));
  enterStage(report, index, 'idle', at);
}

/** It is terminated, or released. */
export function setReleased(report: RunReport, index: number, at: number): void {
  endStage(report, index, at);
  instanceOf(report, index).moments.terminated ??= at;
}

/** Ends the present stage of an instance. */
export function endStage(report: RunReport, index: number, at: number): void {
  const instance = instanceOf(report, index);
  const { current, spans } = instance;
  instance.current = undefined;
  if (current && at > current.since && spans.length < mostSpans)
    spans.push({ stage: current.stage, from: current.since, to: at });
}
