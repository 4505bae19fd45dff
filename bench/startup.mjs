// How long cnd takes to get going, paired with another checkout of it: the two take turns, and medians are compared.
//
//   node bench/startup.mjs [--base DIR] [--runs 11] [--N 8]
//   node bench/startup.mjs --profile [--runs 11] [--N 8]
//
// `--help` against `node -e 0`, by the clock and in CPU seconds; then runs on the local fleet: from the launch to the moment that all
// instances search, from the command to that moment, and from the command to the first golden nonce where nearly every range has one,
// which is the first hash and its way back. DIR must be built (npm ci), and should have the same native kernels. Each checkout makes one
// run that does not count: it times the kernels of this machine, which later runs need not. With --profile it is told instead what the
// time of this checkout goes into.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { profile } from './startup-profile.mjs';
import { readArguments } from '../script/arguments.mjs';

const { values } = readArguments(import.meta.url, {
  options: {
    base: { type: 'string' },
    runs: { type: 'string', default: '11', is: 'positive' },
    N: { type: 'string', default: '8', is: 'positive' },
    profile: { type: 'boolean', default: false },
  },
});
const binOf = (checkout) => join(checkout, 'bin/cnd.js');
const subjects = new Map([['this', binOf(fileURLToPath(new URL('..', import.meta.url)))]]);
if (values.base !== undefined) subjects.set('base', binOf(resolve(values.base)));

if (values.profile) {
  await profile(subjects.get('this'), values.N, Number(values.runs));
  process.exit();
}

/** Figures by what they are of, then by whose they are. */
const figures = new Map();
function note(what, whose, value) {
  const all = figures.get(what) ?? new Map();
  figures.set(what, all.set(whose, [...(all.get(whose) ?? []), value]));
}

/** Milliseconds by the clock, and of the processor, that a program takes. */
function timed(args) {
  const script = 'TIMEFORMAT="%3U %3S"; time "$@" >/dev/null';
  const begin = performance.now();
  const { stderr } = spawnSync('bash', ['-c', script, 'bash', process.execPath, ...args], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  const wall = performance.now() - begin;
  const seconds = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { wall, cpu: 1000 * seconds.reduce((sum, part) => sum + part, 0) };
}

/** Milliseconds from the command, and from its launch, to the first event of a name; the run ends there. */
async function until(bin, difficulty, name) {
  const directory = mkdtempSync(join(tmpdir(), 'cnd-startup-'));
  const args = ['start', '--N', values.N, '--T', '120', '--D', difficulty, '--json'];
  const begin = Date.now();
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: directory,
    env: { ...process.env, XDG_STATE_HOME: join(directory, 'state') },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise((done) => child.once('close', done));
  const times = new Map();
  for await (const line of createInterface({ input: child.stdout })) {
    const { event, time } = JSON.parse(line);
    if (!times.has(event)) times.set(event, Date.parse(time));
    if (event === name) child.kill('SIGINT');
  }
  await ended;
  rmSync(directory, { recursive: true });
  const at = times.get(name);
  if (at === undefined) throw new Error(`${bin}: no ${name}`);
  return { command: at - begin, launch: at - times.get('launch.started') };
}

// No nonce of the default block and space has eight leading zeros.
const never = '8';
for (const bin of subjects.values()) await until(bin, never, 'search.all');
for (let run = 0; run < Number(values.runs); run++) {
  const node = timed(['-e', '0']);
  note('--help, ms', 'node -e 0', node.wall);
  note('--help, CPU ms', 'node -e 0', node.cpu);
  // Who begins takes turns, too.
  const turn = run % 2 === 0 ? [...subjects] : [...subjects].toReversed();
  for (const [whose, bin] of turn) {
    const { wall, cpu } = timed([bin, '--help']);
    note('--help, ms', whose, wall);
    note('--help, CPU ms', whose, cpu);
    const all = await until(bin, never, 'search.all');
    note('launch to all searching, ms', whose, all.launch);
    note('command to all searching, ms', whose, all.command);
    note('command to the first hash, ms', whose, (await until(bin, '1', 'hit')).command);
  }
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

process.stdout.write(`N=${values.N}, medians of ${values.runs} runs each, in turns\n`);
for (const [what, all] of figures) {
  const own = median(all.get('this'));
  const columns = [...all].map(([whose, numbers]) => {
    const value = median(numbers);
    const ratio = whose === 'this' ? '' : ` (${(own / value).toFixed(2)} of it)`;
    return `${whose} ${value.toFixed(0)}${ratio}`;
  });
  process.stdout.write(`${what.padEnd(32)}${columns.join('   ')}\n`);
}
