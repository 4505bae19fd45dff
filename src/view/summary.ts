import type { RunEvent } from '../event/event.ts';
import { phaseNames } from '../event/outcome.ts';
import { costWords } from '../cost.ts';
import { exitCodes } from '../event/outcome.ts';
import type { PuzzleFields } from '../puzzle/verify-command.ts';
import { printable } from '../text.ts';
import { phaseName } from './phase-name.ts';
import { nonceText } from './plain-line.ts';
import { count, duration, percent, plural, rate } from '../quantity.ts';

type Ended = Extract<RunEvent, { event: 'run.ended' }>;

const headlines: Record<Ended['outcome'], string> = {
  found: 'golden nonce found',
  unproven: 'golden nonce found, but not proved to be the smallest in time',
  exhausted: 'no golden nonce in the whole space',
  'time-limit': 'no golden nonce found within the time limit',
  interrupted: 'interrupted before a golden nonce was found',
  failed: 'failed',
};

/** What a run came to, for a person: one fact a line. `puzzle` is that of the run, where it is known. Pure. */
export function summary(event: Ended, puzzle?: PuzzleFields): string {
  const rows: [string, string][] = [['outcome', headline(event)]];
  if (event.reason) rows.push(['reason', printable(event.reason)]);
  if (event.nonce !== undefined)
    rows.push([event.outcome === 'found' ? 'nonce' : 'candidate', nonceText(event.nonce, puzzle)]);
  if (event.digest !== undefined) rows.push(['digest', event.displayDigest ?? event.digest]);
  if (event.instance !== undefined) rows.push(['found by', `instance #${event.instance}`]);
  rows.push(
    ['tested', testedWords(event)],
    ...resumedRows(event),
    ...doubledRows(event),
    ...proof(event),
    ...odds(event),
    ['rate', rate(event.rate)],
    ['instances', endedInstanceWords(event)],
    ...costRows(event),
    ['time', `${duration(event.elapsed)} (${phaseText(event)})`],
    ['logs', event.logs],
  );
  const lines = rows.map(([name, value]) => `${name.padEnd(10)}${value}`);
  if (event.outcome === 'found' && !event.smallest) {
    lines.push(
      'This is the first one found, not always the same; --smallest finds the smallest and proves it.',
    );
  }
  return `${[...lines, ...unconfirmedLines(event)].join('\n')}\n`;
}

/** What is left after an end with exit code 4, and the command that terminates it; otherwise nothing. Pure. */
export function unconfirmedLines(event: Ended): string[] {
  if (event.left.length > 0) {
    return [
      `NOT CONFIRMED as ${event.released ? 'released' : 'terminated'}: ${event.left.map((id) => printable(id)).join(' ')}`,
      `${event.released ? 'Release' : 'Terminate'} them with: cnd scram --run ${event.run}`,
    ];
  }
  if (event.exitCode !== exitCodes.cleanupUnconfirmed) return [];
  return [`The cleanup is NOT CONFIRMED. Finish it with: cnd scram --run ${event.run}`];
}

/** How a run ended, in words. An interrupted search for the smallest may have a candidate: then something was found. */
export function headline({ outcome, nonce }: Pick<Ended, 'outcome' | 'nonce'>): string {
  const hasCandidate = outcome === 'interrupted' && nonce !== undefined;
  return hasCandidate ? 'interrupted before the candidate was proved to be the smallest' : headlines[outcome];
}

/** How much was tested; which nonces exactly is in run.json, whole, whatever the stride left. */
function testedWords({ tested, coverage }: Ended): string {
  const words = plural(BigInt(tested), 'nonce');
  const shown = coverage.ranges.slice(0, 3).map(([lo, hi]) => `${count(lo)}–${count(BigInt(hi) - 1n)}`);
  if (shown.length === 0) return words;
  const more = coverage.ranges.length > shown.length || coverage.rangesCut ? ', … (all in run.json)' : '';
  return `${words}: ${shown.join(', ')}${more}`;
}

/** What was tested again because an instance did not answer while the others had nothing left to do. */
function doubledRows({ coverage: { doubled = '0' } }: Ended): [string, string][] {
  return doubled === '0'
    ? []
    : [['twice', `${plural(BigInt(doubled), 'nonce')}, because an instance did not answer at the end`]];
}

/** What of it another run had tested, that this one resumes. */
function resumedRows({ resumes, testedBefore = '0' }: Ended): [string, string][] {
  return resumes === undefined
    ? []
    : [['resumed', `${plural(BigInt(testedBefore), 'nonce')} of them were tested by ${printable(resumes)}`]];
}

/** What it rests on that nothing was missed: that what instances say of their work is likely to be true. */
function proof({ outcome, smallest, evidence }: Ended): [string, string][] {
  if (!evidence || (outcome !== 'exhausted' && !(outcome === 'found' && smallest))) return [];
  const { instances, near } = evidence;
  const found = instances.reduce((sum, instance) => sum + instance.found, 0);
  const expected = instances.reduce((sum, instance) => sum + instance.expected, 0);
  const words = `${plural(instances.length, 'instance')} reported ${plural(found, 'near-hit')} of ${near} bits, ${count(Math.round(expected))} expected`;
  const redone =
    evidence.audits &&
    `; ${plural(evidence.audits.slices, 'slice')} of ${plural(BigInt(evidence.audits.nonces), 'nonce')} redone${byWhom(evidence.audits)}`;
  return [['proof', `${words}${redone ?? ''}`]];
}

/** Who has redone slices: other instances, or this machine. */
function byWhom({
  slices,
  elsewhere = 0,
}: {
  readonly slices: number;
  readonly elsewhere?: number | undefined;
}) {
  if (elsewhere === 0) return ' here';
  return elsewhere === slices
    ? ' by other instances'
    : `, ${elsewhere} of them by other instances, the rest here`;
}

/** How likely it was to find one among as many; runs of older versions do not say. */
function odds({ probability }: Ended): [string, string][] {
  return probability === undefined ? [] : [['odds', `${percent(probability)} for as many nonces`]];
}

/** What the instances cost, at most; nothing is said where they cost nothing. */
function costRows({ cost, costBasis }: Ended): [string, string][] {
  return costBasis === undefined ? [] : [['cost', costWords(cost, printable(costBasis))]];
}

/** What a careful user looks for first: that nothing is left. */
export function endedInstanceWords({
  launched,
  terminated,
  released,
}: Pick<Ended, 'launched' | 'terminated' | 'released'>): string {
  if (launched === 0) return 'none launched';
  return `${launched} launched, ${terminated === launched ? 'all' : terminated} ${released ? 'released' : 'terminated'}`;
}

function phaseText({ phases, released }: Ended): string {
  return phaseNames
    .filter((name) => phases[name] !== undefined)
    .map((name) => `${phaseName(name, released)} ${duration(phases[name] ?? 0)}`)
    .join(', ');
}
