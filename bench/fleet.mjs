// How a run grows with the number of its instances, on the local fleet: seconds from the command until all instances search,
// CPU seconds and peak memory of the controller and its display until then, how long agents take to stop (from the order to
// the last of their kernels dead), and how long `cnd scram` of a whole run takes. As a table, and as a picture with --svg.
//
//   node bench/fleet.mjs [--N 1,8,64,256,1000] [--runs 1] [--T 300] [--loops 0] [--kernel auto|python|stub|PROGRAM]
//                        [--stub-above 256] [--hold 5] [--svg FILE] [--write]
//
// --write: puts the table into docs/performance.md and the picture into docs/scale.svg. With the defaults it takes less than ten
// minutes on two cores with nothing else to do. Each N is launched twice: one run is interrupted, one is ended by `cnd scram`.
//
// --kernel stub: kernels that search nothing, for more instances than there are cores; a PROGRAM becomes $CND_KERNEL.
// --stub-above: these for more instances than so many, whatever --kernel says.
// --loops: busy loops beside it, each in a session of its own as another user's program is. --hold: seconds of searching
// before it is stopped; CPU is given at the end of them, too, as a share of one core.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { usage } from './usage.mjs';
import { readArguments } from '../script/arguments.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const bin = here('../bin/cnd.js');
const { values } = readArguments(import.meta.url, {
  options: {
    N: { type: 'string', default: '1,8,64,256,1000', is: 'list' },
    runs: { type: 'string', default: '1', is: 'positive' },
    T: { type: 'string', default: '300', is: 'positive' },
    loops: { type: 'string', default: '0', is: 'whole' },
    kernel: { type: 'string', default: 'auto' },
    hold: { type: 'string', default: '5', is: 'decimal' },
    'stub-above': { type: 'string', default: '256', is: 'whole' },
    svg: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const work = mkdtempSync(join(tmpdir(), 'cnd-bench-'));
const kernels = new Map();
const base = { ...process.env, XDG_STATE_HOME: join(work, 'state') };
const loops = Array.from({ length: Number(values.loops) }, () =>
  spawn(process.execPath, ['-e', 'for (;;);'], { detached: true, stdio: 'ignore' }),
);

/** What kernels so many instances get: the flag, and the environment. */
function kernelFor(n) {
  const name = n > Number(values['stub-above']) ? 'stub' : values.kernel;
  if (!kernels.has(name)) kernels.set(name, kernelOf(name));
  return kernels.get(name);
}

function kernelOf(name) {
  if (name === 'auto' || name === 'python') return { flag: name, env: {} };
  if (name !== 'stub') return { flag: 'auto', env: { CND_KERNEL: name } };
  const program = join(work, 'kernel');
  execFileSync('cc', ['-O2', '-static', '-o', program, here('stub-kernel.c')]);
  return { flag: 'auto', env: { CND_KERNEL: program } };
}

/** One run, ended by `end(run, child)` once everything searches and `hold` seconds are over. */
async function run(n, hold, end) {
  const kernel = kernelFor(n);
  const env = { ...base, ...kernel.env };
  const cwd = mkdtempSync(join(work, 'run-'));
  const args = ['start', '--N', String(n), '--T', values.T, '--D', '16', '--json', '--kernel', kernel.flag];
  const begin = performance.now();
  const since = () => (performance.now() - begin) / 1000;
  const child = spawn(process.execPath, [bin, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const seen = { latencies: [], lost: 0 };
  let ended;
  const spent = () => usage(child.pid, (command) => command.startsWith('cnd display'));
  for await (const line of createInterface({ input: child.stdout })) {
    // Most lines are progress, which says nothing here: a thousand a second.
    if (line.startsWith('{"event":"instance.progress"')) {
      if (seen.first === undefined && !line.includes('"hashes":0,')) seen.first = since();
      continue;
    }
    const event = JSON.parse(line);
    if (event.event === 'instance.lost') seen.lost++;
    if (event.event === 'instance.stopped' && event.latency !== undefined) seen.latencies.push(event.latency);
    if (event.event === 'run.ended') seen.outcome = event.outcome;
    if (event.event !== 'search.all') continue;
    Object.assign(seen, { all: since(), ...spent() });
    ended = sleep(hold * 1000).then(async () => {
      const { cpu, memory } = spent();
      seen.share = (cpu - seen.cpu) / hold;
      seen.memory = memory;
      seen.ending = await end(event.run, child, cwd);
    });
  }
  await ended;
  rmSync(cwd, { recursive: true, force: true });
  return seen;
}

async function scram(id, _, cwd) {
  const begin = performance.now();
  const child = spawn(process.execPath, [bin, 'scram', '--run', id], { cwd, env: base, stdio: 'ignore' });
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`cnd scram ended with ${child.exitCode}`);
  return (performance.now() - begin) / 1000;
}

const sorted = (numbers) => numbers.filter((number) => number !== undefined).toSorted((a, b) => a - b);
const quantile = (numbers, part) => sorted(numbers).at(Math.floor(part * (sorted(numbers).length - 1)));
const columns = {
  first: 'first nonces tested, s',
  all: 'all searching, s',
  cpu: 'controller CPU until then, s',
  share: 'its CPU while searching, cores',
  memory: 'its memory, MB',
  stop: 'stop latency, median, ms',
  stop99: 'stop latency, 99 %, ms',
  scram: 'scram, s',
};
const rows = [];
for (const n of values.N.split(',').map(Number)) {
  const runs = [];
  for (let count = 0; count < Number(values.runs); count++) {
    const stopped = await run(n, Number(values.hold), (_, child) => child.kill('SIGINT'));
    const scrammed = await run(n, 1, scram);
    if (stopped.all === undefined || scrammed.all === undefined)
      process.stderr.write(`N=${n}: not all were searching in ${values.T} s\n`);
    const stop = 1000 * quantile(stopped.latencies, 0.5);
    const stop99 = 1000 * quantile(stopped.latencies, 0.99);
    const lost = stopped.lost + scrammed.lost;
    runs.push({ ...stopped, lost, stop, stop99, scram: scrammed.ending });
  }
  const row = { n, lost: runs.reduce((sum, { lost }) => sum + lost, 0) };
  for (const name of Object.keys(columns))
    row[name] = quantile(
      runs.map((one) => one[name]),
      0.5,
    );
  rows.push(row);
  process.stderr.write(`${JSON.stringify(row)}\n`);
}
for (const loop of loops) loop.kill('SIGKILL');
rmSync(work, { recursive: true, force: true });

const shown = (value) =>
  value === undefined || Number.isNaN(value) ? 'not reached' : value.toFixed(value < 10 ? 2 : 0);
const table = [
  `| N | ${Object.values(columns).join(' | ')} | lost |`,
  `|${'---|'.repeat(2 + Object.keys(columns).length)}`,
  ...rows.map((row) => {
    const figures = Object.keys(columns).map((name) => shown(row[name]));
    return `| ${row.n.toLocaleString('en')} | ${figures.join(' | ')} | ${row.lost} |`;
  }),
].join('\n');
process.stdout.write(`${table}\n`);
if (values.svg !== undefined) writeFileSync(values.svg, await picture());
if (values.write) {
  writeFileSync(here('../docs/scale.svg'), await picture());
  await writeTable();
}

/** Puts the table into its place in docs/performance.md. */
async function writeTable() {
  const [begin, end] = ['<!-- node bench/fleet.mjs --write: begin -->', '<!-- end -->'];
  const path = here('../docs/performance.md');
  const text = readFileSync(path, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${path} lacks the place for the table`);
  const [{ model } = { model: 'an unknown processor' }] = cpus();
  const stub = Number(values['stub-above']);
  const hasStub = rows.some(({ n }) => n > stub);
  const how = `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${model.trim()})${hasStub ? `, stub kernels above ${stub} instances` : ''}`;
  const picture = '![Start, CPU, memory, stop latency and scram by number of instances](scale.svg)';
  const block = `${begin}\n\n${how}:\n\n${table}\n\n${picture}\n\n`;
  const { format, resolveConfig } = await import('prettier');
  const whole = text.slice(0, from) + block + text.slice(to);
  writeFileSync(path, await format(whole, { ...(await resolveConfig(path)), filepath: path }));
}

/** How each figure grows, on logarithmic axes: what is linear is parallel to the dashed line. */
async function picture() {
  const Plot = await import('@observablehq/plot');
  const { parseHTML } = await import('linkedom');
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const [width, height] = [320, 240];
  const charts = ['all', 'cpu', 'memory', 'stop', 'stop99', 'scram'].map((name, index) => {
    const points = rows.filter((row) => row[name] > 0).map((row) => ({ n: row.n, value: row[name] }));
    const linear = points.map(({ n }) => ({ n, value: (points[0].value * n) / points[0].n }));
    const chart = Plot.plot({
      document,
      width,
      height,
      marginLeft: 50,
      grid: true,
      x: { type: 'log', label: 'instances', ticks: rows.map(({ n }) => n), tickFormat: String },
      y: { type: 'log', label: columns[name], ticks: 4, tickFormat: '~s' },
      marks: [
        Plot.line(linear, { x: 'n', y: 'value', stroke: '#999', strokeDasharray: '4 4', clip: true }),
        Plot.line(points, { x: 'n', y: 'value', stroke: '#2563eb', marker: 'dot' }),
      ],
    });
    const place = `x="${(index % 3) * width}" y="${Math.floor(index / 3) * height}"`;
    return chart.outerHTML.replace('<svg ', `<svg ${place} `);
  });
  const size = `width="${3 * width}" height="${2 * height}"`;
  const style = 'font-family="system-ui, sans-serif" color="#222"';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${style}><rect ${size} fill="#fff"/>${charts.join('')}</svg>\n`;
}
