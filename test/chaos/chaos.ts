import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { missing } from '../helper/stage/available.ts';
import { Cloud } from './cloud.ts';
import { violations } from './invariant.ts';
import { play } from './play.ts';
import { Random } from './random.ts';
import { Report, playedOf } from './report.ts';
import { drawnOn, fleets } from './draw-mix.ts';
import { isExclusive } from './kubernetes/draw-pods.ts';
import { ChaosCluster } from './kubernetes/pod-ground.ts';
import { runInNamespaces } from './namespace.ts';
import { promiseScenarioOf } from './draw-promise.ts';
import { type Scenario, promises, scenario as schema } from './scenario.ts';
import { simpler } from './shrink.ts';

// npm run chaos -- --seed 1 --runs 500 [--parallel 4] [--slack 2] [--shrink] [--report FILE] [--keep DIRECTORY: for logs] [--with resume: only runs with this fault]
// npm run chaos -- --fleet local,hosts --seed 1 --runs 50  without the tenth of them that is played on the EC2 of the tests
// npm run chaos -- --fleet ec2 --seed 1 --runs 50          only there: calls of AWS fail, instances are taken away
// npm run chaos -- --promise resume --seed 1 --runs 50     a run of 60 s, killed at any moment and taken up, ends as an undisturbed one
// npm run chaos -- --promise loss --seed 1 --runs 50       so does one that loses all instances but one, each at any moment
// npm run chaos -- --fleet kubernetes --seed 1 --runs 200   as root, on a cluster that it starts: pods end, parts of the cluster are killed
// npm run chaos -- --replay '{"seed":…}' (or only the seed of one run) [--runs 10: so often]
//
// Random runs with random faults, and what must hold whatever happens (invariant.ts). Every scenario that breaks something
// is one JSON line on stdout as soon as it is known, which --replay takes; at the end all is told on stderr, and all figures
// are in a file. Exit code 1 when something broke, or too many runs were inconclusive. A first Ctrl-C begins no more runs.
// As root (Linux) all of it happens in namespaces of its own, with a network for each host, and disks that can be filled.
// `--parallel` at a time, and as many more on EC2, which wait most of the time.

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    runs: { type: 'string' },
    parallel: { type: 'string', default: String(availableParallelism()) },
    slack: { type: 'string', default: '2' },
    report: { type: 'string' },
    replay: { type: 'string' },
    with: { type: 'string' },
    fleet: { type: 'string', default: 'mix' },
    promise: { type: 'string' },
    shrink: { type: 'boolean', default: false },
    keep: { type: 'string' },
  },
});

/** The first seed of each run comes from the one that was given, so that runs of neighbouring seeds share nothing. */
const random = new Random(Number(values.seed));
const fleet = fleets.find((name) => name === values.fleet);
if (fleet === undefined) throw new Error(`--fleet ${values.fleet}: one of ${fleets.join(' | ')}`);
const code = fleet === 'kubernetes' ? undefined : await runInNamespaces();
if (code !== undefined) process.exit(code);
const withoutCloud = missing();
if (fleet === 'mix' && withoutCloud !== undefined) process.stderr.write(`without EC2: ${withoutCloud}\n`);
const promise = promises.find((name) => name === values.promise);
if (promise !== values.promise)
  throw new Error(`--promise ${values.promise}: one of ${promises.join(' | ')}`);
const make = promise === undefined ? drawnOn(fleet, withoutCloud === undefined) : promiseScenarioOf[promise];
const { replay } = values;

/** The next scenario, or the next one that has the fault that is asked for. */
function drawn(): Scenario {
  for (;;) {
    const scenario = make(random.integer(0, 2 ** 31));
    if (values.with === undefined || scenario.faults.some(({ action }) => action.do === values.with))
      return scenario;
  }
}

const runs = Number(values.runs ?? (replay === undefined ? 20 : 1));
const queue: Scenario[] = Array.from({ length: runs }, () => {
  if (replay === undefined) return drawn();
  return /^\d+$/.test(replay) ? make(Number(replay)) : schema.parse(JSON.parse(replay));
});
const slack = Number(values.slack);
const report = new Report(replay === undefined ? values.seed : 'replay');

const cloud = new Cloud(values.keep);
let cluster: Promise<ChaosCluster> | undefined;

async function judge(scenario: Scenario, into?: Report): Promise<string[]> {
  const begin = performance.now();
  const seconds = (): number => (performance.now() - begin) / 1000;
  if (scenario.fleet === 'ec2') {
    const { played, violations: found } = await cloud.play(scenario, slack);
    into?.add(played, found, seconds());
    return found;
  }
  const pods = scenario.fleet === 'kubernetes' ? await (cluster ??= ChaosCluster.open()) : undefined;
  const seen = await play(scenario, slack, pods);
  try {
    const found = violations(seen);
    into?.add(playedOf(seen), found, seconds());
    return found;
  } finally {
    if (values.keep !== undefined && existsSync(seen.place.logs))
      cpSync(seen.place.logs, join(values.keep, String(scenario.seed)), { recursive: true });
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

async function worker(queue: Scenario[]): Promise<void> {
  for (let scenario = queue.shift(); scenario; scenario = queue.shift()) {
    let found: readonly string[];
    try {
      found = await judge(scenario, report);
    } catch (error) {
      found = report.addFailure(scenario, error).violations;
    }
    if (found.length === 0) continue;
    const smallest = values.shrink ? await shrink(scenario) : scenario;
    process.stdout.write(`${JSON.stringify({ violations: found, scenario: smallest })}\n`);
  }
}

// Those that kill parts of the cluster that all are on are played after the others, and only half as many at a time.
const alone = queue.filter((scenario) => isExclusive(scenario));
const onCloud = queue.filter((scenario) => scenario.fleet === 'ec2');
const others = queue.filter((scenario) => !isExclusive(scenario) && scenario.fleet !== 'ec2');
process.stderr.write(`seed ${values.seed}, ${queue.length} runs, ${values.parallel} at a time\n`);
// What has begun is played to its end, and reported.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    for (const each of [others, onCloud, alone]) each.splice(0);
  });
const lanes = Array.from({ length: Number(values.parallel) }, () => [worker(others), worker(onCloud)]);
await Promise.all(lanes.flat());
await Promise.all(Array.from({ length: Math.ceil(lanes.length / 2) }, () => worker(alone)));
await cloud.close();
await (await cluster)?.close();
const file = values.report ?? join(tmpdir(), `cnd-chaos-${values.seed}-${process.pid}.json`);
writeFileSync(file, `${JSON.stringify(report.figures(), undefined, 2)}\n`);
process.stderr.write(`${report.text()}figures: ${file}\n`);
// A session of a host that is cut off may hold a pipe to here.
process.exit(report.passed ? 0 : 1);
