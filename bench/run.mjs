// How quickly a run on the local fleet gets going and stops: from launch to all instances searching, and from the hit
// received to the last peer's kernels dead. Medians over several runs, from the events.
//
//   node bench/run.mjs [--runs 5] [--N 8]
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { readArguments } from '../script/arguments.mjs';

const bin = fileURLToPath(new URL('../bin/cnd.js', import.meta.url));
const { values } = readArguments(import.meta.url, {
  options: {
    runs: { type: 'string', default: '5', is: 'positive' },
    N: { type: 'string', default: '8', is: 'positive' },
  },
});
const runs = Number(values.runs);

// The golden nonces of D=6 are known here: this one is the only one of the first round, in the middle of a chunk, so that
// all are searching when the hit comes.
const golden = 33_188_155;
const chunk = 500_000;
const from = golden - chunk * Math.floor(Number(values.N) / 2) - chunk / 2;

async function measure() {
  const directory = mkdtempSync(join(tmpdir(), 'cnd-bench-'));
  const args = [
    'start',
    '--N',
    values.N,
    '--T',
    '120',
    '--D',
    '6',
    '--from',
    String(from),
    '--chunk',
    String(chunk),
    '--json',
  ];
  const env = { ...process.env, XDG_STATE_HOME: join(directory, 'state') };
  const child = spawn(process.execPath, [bin, ...args, '--kernel', 'python'], {
    cwd: directory,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const events = new Map();
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line);
    if (!events.has(event.event)) events.set(event.event, event);
  }
  rmSync(directory, { recursive: true });
  const at = (name) => Date.parse(events.get(name)?.time);
  const ended = events.get('run.ended');
  return {
    'launch to all searching, s': (at('search.all') - at('launch.started')) / 1000,
    'hit to last peer dead, ms': events.get('search.stopped')?.latency * 1000,
    'whole run, s': ended.elapsed,
    'tested nonces/s while searching': ended.rate,
  };
}

const results = [];
for (let run = 0; run < runs; run++) results.push(await measure());
process.stdout.write(`N=${values.N}, ${runs} runs: minimum, median, maximum\n`);
for (const name of Object.keys(results[0])) {
  const sorted = results
    .map((result) => result[name])
    .filter(Number.isFinite)
    .toSorted((a, b) => a - b);
  if (sorted.length === 0) continue;
  const figures = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  process.stdout.write(`${name.padEnd(34)} ${figures.map((figure) => figure.toPrecision(3)).join('  ')}\n`);
}
