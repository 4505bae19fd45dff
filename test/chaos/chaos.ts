import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArguments, refuse } from '../../script/arguments.mjs';
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
import { type Scenario, faultKinds, promises, scenario as schema } from './scenario.ts';
import { simpler } from './shrink.ts';

// npm run chaos -- [--seed S] [--runs 20] [--fleet mix] [--promise NAME] [--with FAULT] [--parallel N] [--slack 2] [--shrink]
//                  [--report FILE] [--keep DIRECTORY]
// npm run chaos -- --replay SCENARIO [--runs 1]
//
// Makes random runs with random faults, and checks what must hold whatever happens (invariant.ts). Every scenario that breaks something
// is one JSON line on stdout as soon as it is known, which --replay takes; at the end a summary is on stderr, and all figures
// are in a file. Exit code 1 when something broke, or too many runs were inconclusive; 2 for wrong arguments. A first Ctrl-C begins no
// more runs. As root (Linux) all of it happens in namespaces of its own, with a network for each host, and disks that can be filled.
//
//   --seed S         repeats the runs of an earlier call [default: by the clock]
//   --runs N         how many [default: 20; with --replay 1]
//   --fleet NAME     mix (local, hosts, and a tenth on the EC2 of the tests), local,hosts, ec2 or kubernetes [default: mix]
//                    kubernetes: as root, on a cluster that it starts; pods end, parts of the cluster are killed
//   --promise NAME   resume: a run of 60 s, killed at any moment and resumed, ends as an undisturbed one
//                    loss: so does one that loses all instances but one, each at any moment
//   --with FAULT     only runs with this fault, "resume" for example
//   --parallel N     runs at a time, and as many more on EC2, which wait most of the time [default: the processors]
//   --slack X        times as long as usual before something is late, on a busy machine [default: 2]
//   --shrink         looks for the simplest scenario that still breaks something
//   --report FILE    where the figures are written [default: a file in the directory for temporary files]
//   --keep DIRECTORY where the logs of all runs are kept
//   --replay SCENARIO  a scenario as JSON, or the seed of one run

const { values } = readArguments(import.meta.url, {
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000), is: 'whole' },
    runs: { type: 'string', is: 'positive' },
    parallel: { type: 'string', default: String(availableParallelism()), is: 'positive' },
    slack: { type: 'string', default: '2', is: 'decimal' },
    report: { type: 'string' },
    replay: { type: 'string' },
    with: { type: 'string', oneOf: faultKinds },
    fleet: { type: 'string', default: 'mix', oneOf: fleets },
    promise: { type: 'string', oneOf: promises },
    shrink: { type: 'boolean', default: false },
    keep: { type: 'string' },
  },
});
const { replay } = values;
const replayed = replay === undefined || /^\d+$/.test(replay) ? undefined : scenarioOf(replay);

/** The first seed of each run comes from the one that was given, so that runs of neighbouring seeds share nothing. */
const random = new Random(Number(values.seed));
const fleet = fleets.find((name) => name === values.fleet) ?? 'mix';
const code = fleet === 'kubernetes' ? undefined : await runInNamespaces();
if (code !== undefined) process.exit(code);
const withoutCloud = missing();
if (fleet === 'mix' && withoutCloud !== undefined) process.stderr.write(`without EC2: ${withoutCloud}\n`);
const promise = promises.find((name) => name === values.promise);
const make = promise === undefined ? drawnOn(fleet, withoutCloud === undefined) : promiseScenarioOf[promise];

/** A scenario as this program prints it. */
function scenarioOf(json: string): Scenario {
  try {
    return schema.parse(JSON.parse(json));
  } catch {
    return refuse(
      `--replay is ${JSON.stringify(json.slice(0, 40))}: must be the seed of a run, or a scenario as JSON`,
    );
  }
}

/** The next scenario, or the next one that has the fault that is asked for. */
function drawn(): Scenario {
  for (let draws = 0; draws < 10_000; draws += 1) {
    const scenario = make(random.integer(0, 2 ** 31));
    if (values.with === undefined || scenario.faults.some(({ action }) => action.do === values.with))
      return scenario;
  }
  return refuse(`--with ${values.with}: there is no such fault in the runs that are asked for`);
}

const runs = Number(values.runs ?? (replay === undefined ? 20 : 1));
const queue: Scenario[] = Array.from({ length: runs }, () => {
  if (replay === undefined) return drawn();
  return replayed ?? make(Number(replay));
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
