import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { ending, violations } from './invariant.ts';
import { play } from './play.ts';
import { Random } from './random.ts';
import { type Scenario, scenario as schema, scenarioOf } from './scenario.ts';
import { simpler } from './shrink.ts';

// npm run chaos -- --seed 1 --runs 500 [--parallel 4] [--slack 2] [--shrink]
// npm run chaos -- --replay '{"seed":…}'
//
// Random runs with random faults, and what must hold whatever happens (invariant.ts). Every scenario that breaks something
// is one JSON line on stdout, which --replay takes. Exit code 1 when there was one.

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    runs: { type: 'string', default: '20' },
    parallel: { type: 'string', default: String(availableParallelism()) },
    slack: { type: 'string', default: '2' },
    replay: { type: 'string' },
    shrink: { type: 'boolean', default: false },
  },
});

/** The first seed of each run comes from the one that was given, so that runs of neighbouring seeds share nothing. */
const random = new Random(Number(values.seed));
const queue: Scenario[] =
  values.replay === undefined
    ? Array.from({ length: Number(values.runs) }, () => scenarioOf(random.integer(0, 2 ** 31)))
    : [schema.parse(JSON.parse(values.replay))];
const slack = Number(values.slack);
const count = { runs: 0, failed: 0, outcomes: new Map<string, number>(), memory: 0, seconds: 0 };
const begin = performance.now();

async function judge(scenario: Scenario): Promise<string[]> {
  const seen = await play(scenario, slack);
  try {
    const outcome = ending(seen)?.outcome ?? 'not told';
    count.outcomes.set(outcome, (count.outcomes.get(outcome) ?? 0) + 1);
    count.memory = Math.max(count.memory, seen.controller.memory);
    count.seconds = Math.max(count.seconds, (seen.ended?.seconds ?? 0) - scenario.timeLimit);
    return violations(seen);
  } finally {
    await seen.place.remove();
  }
}

/** The simplest scenario that still breaks something, tried one change at a time. */
async function shrink(scenario: Scenario): Promise<Scenario> {
  for (const candidate of simpler(scenario)) {
    if ((await judge(candidate)).length > 0) return shrink(candidate);
  }
  return scenario;
}

async function worker(): Promise<void> {
  for (let scenario = queue.shift(); scenario; scenario = queue.shift()) {
    const found = await judge(scenario).catch((error: unknown) => [`the runner failed: ${String(error)}`]);
    count.runs++;
    if (found.length === 0) continue;
    count.failed++;
    const smallest = values.shrink ? await shrink(scenario) : scenario;
    process.stdout.write(`${JSON.stringify({ violations: found, scenario: smallest })}\n`);
  }
}

process.stderr.write(`seed ${values.seed}, ${queue.length} runs, ${values.parallel} at a time\n`);
await Promise.all(Array.from({ length: Number(values.parallel) }, worker));
const outcomes = [...count.outcomes].map(([outcome, times]) => `${times} ${outcome}`).join(', ');
process.stderr.write(
  `${count.runs} runs in ${((performance.now() - begin) / 1000).toFixed(0)} s: ${count.failed} with violations; ${outcomes}; ` +
    `latest end ${count.seconds.toFixed(2)} s after T, most memory ${count.memory.toFixed(0)} MB\n`,
);
process.exitCode = count.failed > 0 ? 1 : 0;
