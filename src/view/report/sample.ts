import type { EventFields } from '../../event/event.ts';
import { chanceWithin } from '../../search/forecast.ts';
import type { RunReport, Sample } from './model.ts';

/** Samples that are kept: a curve has no more points than a screen has columns. */
const most = 1500;

/** Keeps how the search was; of a long run every second, fourth, eighth … sample. */
export function addSample(report: RunReport, progress: EventFields['run.progress'], at: number): void {
  const { rate, tested, probability, searching } = progress;
  const { samples } = report;
  // The wall clock may step back: a curve does not.
  if (at < (samples.at(-1)?.at ?? 0)) return;
  samples.push({ at, rate, tested, probability, searching });
  if (samples.length > most) report.samples = samples.filter((_, index) => index % 2 === 0);
}

/** The probability of having found a golden nonce against time: from the first search to the end of the last. Pure. */
export function probabilityCurve({
  samples,
  instances,
  searchEnded,
  ended,
  planned,
}: RunReport): Pick<Sample, 'at' | 'probability'>[] {
  const starts = [...instances.values()].flatMap(({ moments }) => moments.searching ?? []);
  if (starts.length === 0) return [];
  const begin = starts.reduce((least, at) => Math.min(least, at));
  const points = samples.filter(({ at }) => at > begin && at < (searchEnded ?? Infinity));
  const end =
    searchEnded !== undefined && ended?.probability !== undefined && searchEnded > begin
      ? [{ at: searchEnded, probability: ended.probability }]
      : [];
  return [
    { at: begin, probability: chanceBefore(planned) },
    ...points.map(({ at, probability }) => ({ at, probability })),
    ...end,
  ];
}

/** The probability that was known before: a run that resumes another one begins with what that had tested. */
function chanceBefore(planned: RunReport['planned']): number {
  if (planned?.testedBefore === undefined) return 0;
  return chanceWithin(1 / Math.max(1, Number(planned.expectedNonces)), BigInt(planned.testedBefore));
}

/** The height of a curve at a moment, on the straight line between two of its points. Pure. */
export function probabilityAt(curve: readonly Pick<Sample, 'at' | 'probability'>[], at: number): number {
  let before = curve[0] ?? { at, probability: 0 };
  for (const point of curve) {
    if (point.at > at) {
      const share = point.at > before.at ? (at - before.at) / (point.at - before.at) : 1;
      return before.probability + Math.max(0, share) * (point.probability - before.probability);
    }
    before = point;
  }
  return before.probability;
}
