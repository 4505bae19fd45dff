// How quickly runs on the local fleet get going and stop, with a busy kernel on every instance: from launch to all instances
// searching, and from a hit to the last kernel's death. Medians over several runs, of each N. Linux.
//
//   node bench/run.mjs [--N 8,32,256] [--runs 5] [--kernel busy|python] [--hold 1] [--base DIR]
//
// The stop begins when the controller has verified the hit, and is measured three ways. "last word": until the last agent has said
// that its kernels are dead (`latency` of search.stopped). "median word": the same of each agent (`latency` of instance.stopped),
// as bench/fleet.mjs tells it of an interrupted run. "last kernel dead": seen from outside, without the way of the agents' words
// to the controller: all kernels hold a FIFO open, which ends with the last of them. "found to verified" is the way of the hit, from
// the kernel that finds it.
//
// --kernel busy (bench/busy-kernel.c, built here) finds a golden nonce when it is asked to: --hold seconds after all instances
// search. --kernel python is pow.py, and a golden nonce in the middle of an instance's first chunk; it has no FIFO.
// --base: another checkout, built, which takes turns with this one.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readArguments } from '../script/arguments.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values } = readArguments(import.meta.url, {
  options: {
    N: { type: 'string', default: '8,32,256', is: 'list' },
    runs: { type: 'string', default: '5', is: 'positive' },
    kernel: { type: 'string', default: 'busy', oneOf: ['busy', 'python'] },
    hold: { type: 'string', default: '1', is: 'decimal' },
    base: { type: 'string' },
  },
});
const runs = Number(values.runs);
const isBusy = values.kernel === 'busy';

// Of D=6 the golden nonces are known: this is the only one of the first round, in the middle of a chunk.
const golden = 33_188_155;

/** The flags and the environment of a run whose hit comes once all are searching. */
function searchFor(n, directory) {
  if (isBusy) return { flags: ['--D', '1'], env: { CND_KERNEL: join(directory, 'kernel') } };
  const middle = Math.floor(n / 2);
  const chunk = Math.min(500_000, Math.floor(golden / (middle + 1)));
  const from = golden - chunk * middle - Math.floor(chunk / 2);
  const flags = ['--D', '6', '--from', String(from), '--chunk', String(chunk), '--kernel', 'python'];
  return { flags, env: {} };
}

function buildKernel(directory) {
  const sources = [here('busy-kernel.c'), here('../remote/kernel/sha256.c')];
  const output = join(directory, 'kernel');
  execFileSync('cc', ['-O2', '-static', '-I', here('../remote/kernel'), '-o', output, ...sources]);
  execFileSync('mkfifo', [join(directory, 'alive')]);
}

/** Lets the kernels of a directory have their hit. Resolves with the time of the last one's death. */
function letHit(directory) {
  const fifo = join(directory, 'alive');
  return new Promise((resolve, reject) => {
    const reader = new Socket({ fd: openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK) });
    reader.once('end', () => resolve(performance.timeOrigin + performance.now())).once('error', reject);
    reader.resume();
    writeFileSync(join(directory, 'hit'), '');
  });
}

async function measure(n, checkout) {
  const directory = mkdtempSync(join(tmpdir(), 'cnd-bench-run-'));
  const { flags, env } = searchFor(n, directory);
  // While this reads from it, kernels can open it for writing.
  let fifo;
  if (isBusy) {
    buildKernel(directory);
    fifo = openSync(join(directory, 'alive'), constants.O_RDONLY | constants.O_NONBLOCK);
  }
  const args = ['start', '--N', String(n), '--T', '300', '--json', ...flags];
  const child = spawn(process.execPath, [join(checkout, 'bin/cnd.js'), ...args], {
    cwd: directory,
    env: { ...process.env, ...env, XDG_STATE_HOME: join(directory, 'state') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const events = new Map();
  const latencies = [];
  let lastDeath;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{"event":"instance.progress"')) continue;
    const event = JSON.parse(line);
    events.set(event.event, event);
    if (event.event === 'instance.stopped' && event.latency !== undefined) latencies.push(event.latency);
    if (event.event === 'search.all' && isBusy)
      lastDeath = sleep(Number(values.hold) * 1000).then(() => letHit(directory));
  }
  const died = await lastDeath;
  const at = (name) => Date.parse(events.get(name)?.time);
  const ended = events.get('run.ended');
  const stopped = events.has('hit') ? events.get('search.stopped') : undefined;
  const verified = Date.parse(stopped?.time) - stopped?.latency * 1000;
  if (!events.has('hit')) process.stderr.write(`N=${n}: no hit, it ended as ${ended?.outcome}\n`);
  const found = isBusy ? Number(readFileSync(join(directory, 'found'), 'utf8')) / 1e6 : NaN;
  if (fifo !== undefined) closeSync(fifo);
  rmSync(directory, { recursive: true });
  return {
    'launch to all searching, s': (at('search.all') - at('launch.started')) / 1000,
    'found to verified, ms': verified - found,
    'verified to last kernel dead, ms': died - verified,
    'verified to median word, ms': 1000 * median(latencies),
    'verified to last word, ms': stopped?.latency * 1000,
    'whole run, s': ended.elapsed,
    'tested nonces/s while searching': ended.rate,
  };
}

const sorted = (numbers) => numbers.filter(Number.isFinite).toSorted((a, b) => a - b);

function median(numbers) {
  const all = sorted(numbers);
  return all[Math.floor(all.length / 2)];
}

const checkouts = [...(values.base === undefined ? [] : [values.base]), here('..')];
for (const n of values.N.split(',').map(Number)) {
  const results = checkouts.map(() => []);
  const before = loadavg()[0];
  for (let run = 0; run < runs; run++)
    for (const [index, checkout] of checkouts.entries()) results[index].push(await measure(n, checkout));
  const load = `load ${before.toFixed(1)} before`;
  process.stdout.write(`N=${n}, ${values.kernel} kernels, ${runs} runs, ${load}: minimum, median, maximum\n`);
  for (const [index, checkout] of checkouts.entries()) {
    if (checkouts.length > 1) process.stdout.write(` ${checkout}\n`);
    print(results[index]);
  }
}

function print(results) {
  for (const name of Object.keys(results[0])) {
    const all = sorted(results.map((result) => result[name]));
    if (all.length === 0) continue;
    const figures = [all[0], median(all), all.at(-1)].map((figure) => figure.toPrecision(3).padStart(8));
    process.stdout.write(`  ${name.padEnd(40)} ${figures.join(' ')}\n`);
  }
}
