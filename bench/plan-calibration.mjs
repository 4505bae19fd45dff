// Whether `cnd plan` predicts what runs do: real runs with two local instances, each over a finite space with a block of its own, so
// that every run searches all of its space and finds a golden nonce with the probability that the plan says. The number of
// successes must lie within the 99.9 % interval of the binomial distribution. Rate and start are a matter of the machine, not of
// chance: they are compared apart, over a few runs that are long enough to have a rate.
//
//   npm run build && node bench/plan-calibration.mjs [--runs 200] [--file FILE]
//
// The runs are made one at a time. With FILE the results are kept there, a line each, and a series that was interrupted goes on.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArguments } from '../script/arguments.mjs';

const { values } = readArguments(import.meta.url, {
  options: { runs: { type: 'string', default: '200', is: 'positive' }, file: { type: 'string' } },
});
const runs = Number(values.runs);
const { file } = values;
const rateRuns = 5;
const instances = '2';
const cnd = join(import.meta.dirname, '../bin/cnd.js');
const folder = mkdtempSync(join(tmpdir(), 'cnd-calibration-'));
const env = { ...process.env, XDG_STATE_HOME: join(folder, 'state') };

/** So many nonces of one golden in 16^4 hold one with a chance of a half; in chunks that both instances have some of. */
const size = Math.round(Math.log1p(-0.5) / Math.log1p(-(16 ** -4)));
const short = ['--D', '4', '--limit', String(size), '--T', '60'];
/** Nothing is found in all of this. */
const long = (nonces) => ['--D', '16', '--limit', String(nonces), '--T', '30'];

function planned(flags) {
  const args = [cnd, 'plan', '--N', instances, ...flags, '--json'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8' });
  if (!stdout) throw new Error(stderr);
  return JSON.parse(stdout).choices[0];
}

async function run(flags, outcomes = ['found', 'exhausted']) {
  const block = randomBytes(12).toString('hex');
  const args = [cnd, 'start', '--N', instances, '--block', block, ...flags, '--json'];
  const child = spawn(process.execPath, args, { cwd: folder, env });
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.resume();
  await new Promise((resolve) => child.on('close', resolve));
  const ended = output
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .find(({ event }) => event === 'run.ended');
  if (!outcomes.includes(ended?.outcome)) throw new Error(`a run ended ${ended?.outcome}: ${ended?.reason}`);
  const { launch = 0, boot = 0, plan = 0 } = ended.phases;
  return { isFound: ended.outcome === 'found', rate: ended.rate, start: plan + launch + boot };
}

/** The numbers of successes between which all but 0.1 % of such series lie. */
function interval(number, probability) {
  const logs = Array.from({ length: number + 1 }, () => 0);
  for (let count = 1; count <= number; count++)
    logs[count] = logs[count - 1] + Math.log((number - count + 1) / count);
  const mass = logs.map((log, count) =>
    Math.exp(log + count * Math.log(probability) + (number - count) * Math.log1p(-probability)),
  );
  let [below, low, above, high] = [0, 0, 0, number];
  while (below + mass[low] < 0.0005) below += mass[low++];
  while (above + mass[high] < 0.0005) above += mass[high--];
  return [low, high];
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

try {
  const { chance } = planned(short);
  const kept = file && existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  const results = kept.map((line) => JSON.parse(line)).slice(0, runs);
  while (results.length < runs) {
    const result = await run([...short, '--chunk', '5000']);
    results.push(result);
    if (file) appendFileSync(file, `${JSON.stringify(result)}\n`);
  }
  const found = results.filter(({ isFound }) => isFound).length;
  const [low, high] = interval(runs, chance);
  const isWithin = found >= low && found <= high;
  console.log(
    `${runs} runs over ${size} nonces: ${found} found something, predicted ${(runs * chance).toFixed(1)}`,
  );
  console.log(
    `99.9 % of such series have ${low} to ${high}: ${isWithin ? 'as predicted' : 'NOT as predicted'}`,
  );
  if (!isWithin) process.exitCode = 1;

  const { rate, boot } = planned(long(2 ** 32));
  const timed = [];
  // Two seconds' worth for both; on a busy machine T may come first.
  while (timed.length < rateRuns)
    timed.push(await run(long(Math.round(rate * 4)), ['exhausted', 'time-limit']));
  const rates = timed.map((one) => one.rate);
  const MH = (value) => `${(value / 1e6).toFixed(1)} MH/s`;
  console.log(
    `rate of both: planned ${MH(2 * rate)}, the median of ${rateRuns} runs ${MH(median(rates))} (${Math.round((median(rates) / (2 * rate) - 1) * 100)} %), ${MH(Math.min(...rates))} to ${MH(Math.max(...rates))}`,
  );
  console.log(
    `seconds to the search: planned ${boot}, the median of the runs ${median(results.map(({ start }) => start)).toFixed(2)}`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
