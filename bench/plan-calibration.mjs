// Whether `cnd plan` predicts what runs do: real runs on the local fleet, each over a finite space with a block of its own, so
// that every run searches all of its space and finds a golden nonce with the probability that the plan says. The number of
// successes must lie within the 99.9 % interval of the binomial distribution. What runs say of their rate and their start is
// reported apart: it is a matter of the machine, not of chance.
//
//   npm run build && node bench/plan-calibration.mjs [RUNS] [CHANCE]       (200 runs, each with a chance of 0.5)
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';

const runs = Number(process.argv[2] ?? 200);
const chance = Number(process.argv[3] ?? 0.5);
const difficulty = 4;
const cnd = join(import.meta.dirname, '../bin/cnd.js');
const folder = mkdtempSync(join(tmpdir(), 'cnd-calibration-'));
const env = { ...process.env, XDG_STATE_HOME: join(folder, 'state') };

/** So many nonces of one golden in 16^D hold one with the chance. */
const size = Math.round(Math.log1p(-chance) / Math.log1p(-(16 ** -difficulty)));
const puzzle = (block) => ['--D', String(difficulty), '--block', block, '--limit', String(size), '--T', '60'];

function planned() {
  const args = [cnd, 'plan', '--N', '1', ...puzzle('calibration'), '--json'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8' });
  const [choice] = JSON.parse(stdout || stderr).choices;
  return choice;
}

async function run() {
  const block = randomBytes(12).toString('hex');
  const child = spawn(process.execPath, [cnd, 'start', '--N', '1', ...puzzle(block), '--json'], {
    cwd: folder,
    env,
  });
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.resume();
  await new Promise((resolve) => child.on('close', resolve));
  const ended = output
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .find(({ event }) => event === 'run.ended');
  if (!['found', 'exhausted'].includes(ended?.outcome))
    throw new Error(`a run ended ${ended?.outcome}: ${ended?.reason}`);
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
  const plan = planned();
  const limit = pLimit(2);
  const results = await Promise.all(Array.from({ length: runs }, () => limit(run)));
  const found = results.filter(({ isFound }) => isFound).length;
  const [low, high] = interval(runs, plan.chance);
  const isWithin = found >= low && found <= high;
  console.log(
    `${runs} runs over ${size} nonces: ${found} found something, predicted ${(runs * plan.chance).toFixed(1)}`,
  );
  console.log(
    `99.9 % of such series have ${low} to ${high}: ${isWithin ? 'as predicted' : 'NOT as predicted'}`,
  );
  const MH = (rate) => `${(rate / 1e6).toFixed(2)} MH/s`;
  console.log(
    `rate: planned ${MH(plan.rate)}, the median of the runs ${MH(median(results.map(({ rate }) => rate)))}`,
  );
  console.log(
    `seconds to the search: planned ${plan.boot}, the median of the runs ${median(results.map(({ start }) => start)).toFixed(2)}`,
  );
  if (!isWithin) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
