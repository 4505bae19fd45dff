// How a run on Kubernetes grows with the number of its pods, on a real cluster of one node on this machine: seconds from the
// creation of the Job until all pods search; how long they take to stop, from the order to the last of their kernels dead; and
// from the deletion of the Job until no object is left of it. As a Markdown table.
//
//   node bench/kubernetes.mjs [--N 1,8,32,100] [--runs 1] [--T 240] [--hold 5] [--cpu 10m] [--kernel stub|auto|python]
//                             [--budget 360] [--write]
//
// It ends within the budget, in seconds: what could not be measured by then is "not reached". --write puts the table into
// docs/kubernetes.md.
// --kernel stub: kernels that search nothing, for more pods than there are cores: of a hundred that search, each has a fiftieth
// of a core, its agent included (pods share the processor out by what they request, whatever their niceness).
// As root, after test/helper/kubernetes/prepare.sh. $CND_TEST_CLUSTER names the directory of a cluster that is up already.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readArguments } from '../script/arguments.mjs';
import { installed, startCluster } from './kubernetes-cluster.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const helper = (path) => here(`../test/helper/kubernetes/${path}`);
const { values } = readArguments(import.meta.url, {
  options: {
    N: { type: 'string', default: '1,8,32,100', is: 'list' },
    runs: { type: 'string', default: '1', is: 'positive' },
    T: { type: 'string', default: '240', is: 'positive' },
    hold: { type: 'string', default: '5', is: 'decimal' },
    cpu: { type: 'string', default: '10m' },
    kernel: { type: 'string', default: 'stub', oneOf: ['stub', 'auto', 'python'] },
    budget: { type: 'string', default: '360', is: 'positive' },
    write: { type: 'boolean', default: false },
  },
});
const work = mkdtempSync(join(tmpdir(), 'cnd-bench-'));

/** Gives the cluster the image of the tests with a kernel that searches nothing, and its name. */
function stubImage() {
  const root = join(work, 'root');
  mkdirSync(root);
  execFileSync('sh', ['-c', `tar -xOf '${installed().IMAGES}/python.tar' layer.tar | tar -x -C '${root}'`]);
  execFileSync('cc', ['-O2', '-static', '-o', join(root, 'kernel'), here('stub-kernel.c')]);
  const [name, file] = ['localhost/stub:1', join(work, 'stub.tar')];
  const pack = [helper('cluster/image.py'), name, root, file, 'CND_KERNEL=/kernel', '--', '/bin/sh'];
  execFileSync('python3', pack);
  const socket = join(directory, 'run/containerd.sock');
  execFileSync('ctr', ['-a', socket, '-n', 'k8s.io', 'images', 'import', file], { stdio: 'pipe' });
  return name;
}

const begun = performance.now();
const { directory, stop } = await startCluster();
const kubeconfig = join(directory, 'admin.conf');
const isStub = values.kernel === 'stub';
const image = isStub ? stubImage() : 'localhost/python:3';
const kubernetes = { image, cpu: values.cpu, memory: '64Mi' };
writeFileSync(join(work, 'cnd.config.json'), JSON.stringify({ fleet: 'kubernetes', kubernetes }));
const env = { ...process.env, HOME: work, XDG_STATE_HOME: join(work, 'state'), KUBECONFIG: kubeconfig };

/** Seconds after its T in which a run has ended and its objects are gone. */
const after = 45;

/** The objects of all runs that there are. */
function objects() {
  const query = ['get', 'jobs,pods', '-A', '-l', 'app.kubernetes.io/managed-by=cnd', '-o', 'name'];
  const kubectl = ['kubectl', '--kubeconfig', kubeconfig, ...query];
  return execFileSync(installed().KUBE, kubectl, { encoding: 'utf8' }).split('\n').filter(Boolean);
}

/** One run, interrupted once all have been searching for `hold` seconds; undefined when there is no time left for it. */
async function run(n) {
  const left = Number(values.budget) - (performance.now() - begun) / 1000 - after;
  const T = Math.floor(Math.min(Number(values.T), left));
  if (T < 40) return undefined;
  const flags = { N: n, T, D: 16, limit: 2n ** 64n - 1n, kernel: isStub ? 'auto' : values.kernel };
  const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const command = [here('../bin/cnd.js'), 'start', ...words, '--json'];
  const child = spawn(process.execPath, command, { cwd: work, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const at = {};
  const seen = { latencies: [], lost: 0, searching: new Set() };
  let ending;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{"event":"instance.progress"')) continue;
    const event = JSON.parse(line);
    at[event.event] = Date.parse(event.time);
    if (event.event === 'instance.lost') {
      seen.lost += seen.searching.has(event.instance) ? 0 : 1;
      process.stderr.write(`N=${n}: instance ${event.instance} lost: ${event.reason}\n`);
    }
    if (event.event === 'instance.stopped' && event.latency !== undefined) seen.latencies.push(event.latency);
    if (event.event === 'run.ended') seen.gone = event.phases.terminate;
    if (event.event === 'instance.searching') seen.searching.add(event.instance);
    // Those that were lost before are told below the table.
    if (ending || seen.searching.size + seen.lost < n) continue;
    seen.all = (Date.parse(event.time) - at['launch.started']) / 1000;
    ending = sleep(Number(values.hold) * 1000).then(() => child.kill('SIGINT'));
  }
  await ending;
  if (at['run.ended'] === undefined) throw new Error(`N=${n}: cnd ended without a result`);
  for (let looks = 0; objects().length > 0; looks++) {
    if (looks > 20) throw new Error(`left: ${objects().join(' ')}`);
    await sleep(500);
  }
  return seen;
}

const sorted = (numbers) => numbers.filter((number) => number !== undefined).toSorted((a, b) => a - b);
const quantile = (numbers, part) => sorted(numbers).at(Math.floor(part * (sorted(numbers).length - 1)));
const median = (numbers) => quantile(numbers, 0.5);
const rows = [];
try {
  process.stderr.write(`load: ${loadavg()[0].toFixed(1)}\n`);
  for (const n of values.N.split(',').map(Number)) {
    const runs = [];
    for (let count = 0; count < Number(values.runs); count++) {
      const one = await run(n);
      if (one) runs.push(one);
    }
    const of = (name) => median(runs.map((one) => one[name]));
    const stopped = (part) => 1000 * median(runs.map(({ latencies }) => quantile(latencies, part)));
    const lost = runs.reduce((sum, one) => sum + one.lost, 0);
    rows.push({ n, all: of('all'), stop: stopped(0.5), stop99: stopped(0.99), gone: of('gone'), lost });
    process.stderr.write(`${JSON.stringify(rows.at(-1))}\n`);
  }
} finally {
  await stop();
  rmSync(work, { recursive: true, force: true });
}

const shown = (value) =>
  value === undefined || Number.isNaN(value)
    ? 'not reached'
    : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
/** A Markdown table as prettier formats it. */
function table(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const row = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |\n`;
  const [head, ...body] = lines;
  return row(head) + row(widths.map((width) => '-'.repeat(width))) + body.map(row).join('');
}
const text = table([
  [
    'pods',
    'created to all searching, s',
    'stop latency, median, ms',
    '99 %, ms',
    'deleted until no object is left, s',
  ],
  ...rows.map(({ n, all, stop: half, stop99, gone }) => [String(n), ...[all, half, stop99, gone].map(shown)]),
]);
process.stdout.write(text);
if (values.write) {
  const path = here('../docs/kubernetes.md');
  const document = readFileSync(path, 'utf8');
  writeFileSync(path, document.replace(/\| pods +\| created to all searching[^]*?\n(?=\n)/, text));
}
const lost = rows.reduce((sum, row) => sum + row.lost, 0);
if (lost > 0) process.stdout.write(`searches lost: ${lost}\n`);
