import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readArguments, refuse } from '../../script/arguments.mjs';
import { messageOf } from '../../src/error.ts';
import { repository } from '../helper/stage/repository.ts';

// npm run chaos:figures -- REPORT…
//
// Puts the sums of one or more reports of `npm run chaos -- --report FILE` into docs/reliability.md, between its marks.

const { positionals: paths } = readArguments(import.meta.url, { allowPositionals: true });
if (paths.length === 0) refuse('a report is missing: npm run chaos:figures -- REPORT…');

const counts = z.record(z.string(), z.number());
const ofFleet = z.object({
  runs: z.number(),
  seconds: z.number(),
  recounts: z.number(),
  recountedNonces: z.number(),
  faults: counts,
  effectiveFaults: counts,
});
const report = z.object({
  seed: z.string(),
  runs: z.number(),
  fleets: counts,
  outcomes: counts,
  exitCodes: counts,
  faults: counts,
  effectiveFaults: counts,
  byFleet: z.record(z.string(), ofFleet),
  recounts: z.number(),
  recountedNonces: z.number(),
  inconclusive: z.array(z.number()),
  latestEndAfterT: z.number(),
  mostMemoryMB: z.number(),
  broken: z.array(z.object({ violations: z.array(z.string()), scenario: z.object({ seed: z.number() }) })),
});
type Figures = z.infer<typeof report>;

const file = join(repository, 'docs/reliability.md');
const marks = ['<!-- chaos figures: npm run chaos:figures -->', '<!-- end of chaos figures -->'] as const;

const reports = paths.map(readReport);
const text = readFileSync(file, 'utf8');
const [before, rest] = text.split(marks[0]);
const after = rest?.split(marks[1])[1];
if (before === undefined || after === undefined) throw new Error(`${file} has no ${marks.join(' … ')}`);
writeFileSync(file, `${before}${marks[0]}\n\n${section(reports)}\n${marks[1]}${after}`);

function readReport(path: string): Figures {
  try {
    return report.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    const why = error instanceof z.ZodError ? 'its fields are not those of a report' : messageOf(error);
    return refuse(`${path} is not a report of npm run chaos: ${why}`);
  }
}

/** What all reports come to, as Markdown. */
function section(all: readonly Figures[]): string {
  const sum = (of: (one: Figures) => number): number => all.reduce((total, one) => total + of(one), 0);
  const broken = all.flatMap((one) => one.broken);
  const names = [...new Set(all.flatMap((one) => Object.keys(one.byFleet)))].toSorted(byOrder);
  const fleets = names.map((name) => ({ name, parts: all.flatMap((one) => one.byFleet[name] ?? []) }));
  const latest = Math.max(...all.map((one) => one.latestEndAfterT));
  return [
    `${sum((one) => one.runs)} runs (${words(total(all.map((one) => one.fleets)))}), seeds ${all.map((one) => one.seed).join(', ')}:`,
    `${broken.length} with violations, ${sum((one) => one.inconclusive.length)} inconclusive (the machine was too busy for the checks before the launch).`,
    `Outcomes: ${words(total(all.map((one) => one.outcomes)))}. Exit codes: ${words(total(all.map((one) => one.exitCodes)))}.`,
    `The coverage of ${sum((one) => one.recounts)} runs was counted again from what kernels recorded: ${(sum((one) => one.recountedNonces) / 1e6).toFixed(1)} million nonces.`,
    `The latest end of a local run or one on hosts was ${latest.toFixed(1)} s after T; the most memory of a controller was ${Math.max(...all.map((one) => one.mostMemoryMB))} MB.`,
    '',
    ...fleetTable(fleets),
    '',
    'Faults by kind and fleet: how many were planned, and how many of them came in time and did something.',
    '',
    ...faultTable(fleets),
    '',
    ...broken.map(
      ({ scenario, violations }) => `- seed ${scenario.seed}: ${violations.map(brief).join('; ')}`,
    ),
  ].join('\n');
}

/** A violation without the processes that it names, which are of the machine. Pure. */
function brief(violation: string): string {
  return violation.replace(/: \d+ [A-Z][\s\S]*$/, ': processes').slice(0, 200);
}

interface Fleet {
  readonly name: string;
  /** What each of the reports has of it. */
  readonly parts: readonly z.infer<typeof ofFleet>[];
}

function fleetTable(fleets: readonly Fleet[]): string[] {
  const rows = fleets.map(({ name, parts }) => {
    const sum = (of: (part: Fleet['parts'][number]) => number): number =>
      parts.reduce((total, part) => total + of(part), 0);
    const runs = sum((part) => part.runs);
    const seconds = (sum((part) => part.seconds) / runs).toFixed(1);
    const nonces = (sum((part) => part.recountedNonces) / 1e6).toFixed(1);
    return `| ${name} | ${runs} | ${seconds} | ${sum((part) => part.recounts)} | ${nonces} |`;
  });
  return [
    '| fleet | runs | seconds each, with all checks | coverage recounted | million nonces |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ];
}

function faultTable(fleets: readonly Fleet[]): string[] {
  const columns = fleets.map(({ parts }) => ({
    planned: total(parts.map(({ faults }) => faults)),
    effective: total(parts.map(({ effectiveFaults }) => effectiveFaults)),
  }));
  const kinds = total(columns.map(({ planned }) => Object.fromEntries(planned)));
  return [
    `| fault | ${fleets.map(({ name }) => name).join(' | ')} |`,
    `| --- | ${fleets.map(() => '---').join(' | ')} |`,
    ...[...kinds.keys()].map((kind) => {
      const cells = columns.map(({ planned, effective }) => {
        const times = planned.get(kind);
        return times === undefined ? '' : `${times}, ${effective.get(kind) ?? 0}`;
      });
      return `| ${kind} | ${cells.join(' | ')} |`;
    }),
  ];
}

/** The fleets from the nearest to the farthest. */
function byOrder(a: string, b: string): number {
  const order = ['local', 'hosts', 'ec2', 'kubernetes'];
  return order.indexOf(a) - order.indexOf(b);
}

/** Counts of the same things added up, the most frequent first. */
function total(all: readonly Readonly<Record<string, number>>[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [what, times] of all.flatMap((one) => Object.entries(one)))
    sums.set(what, (sums.get(what) ?? 0) + times);
  return new Map([...sums].toSorted(([a, m], [b, n]) => n - m || a.localeCompare(b)));
}

function words(all: ReadonlyMap<string, number>): string {
  return [...all].map(([what, times]) => `${times} ${what}`).join(', ');
}
