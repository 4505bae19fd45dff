// How a run on Kubernetes grows with the number of its pods, on a real cluster of one node on this machine: seconds from the
// creation of the Job until all pods search; how long they take to stop, from the order to the last of their kernels dead; and
// from the deletion of the Job until no object is left of it. As a Markdown table.
//
//   node bench/kubernetes.mjs [--N 1,8,32,100] [--runs 1] [--T 240] [--hold 5] [--cpu 10m] [--kernel stub|auto|python]
//
// --kernel stub: kernels that search nothing, for more pods than there are cores: of a hundred that search, each has a fiftieth
// of a core, its agent included (pods share the processor out by what they request, whatever their niceness).
// As root, after test/helper/kubernetes/prepare.sh. $CND_TEST_CLUSTER names the directory of a cluster that is up already.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readArguments } from '../script/arguments.mjs';

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
  },
});
const work = mkdtempSync(join(tmpdir(), 'cnd-bench-'));

/** As test/helper/kubernetes/installed.ts finds them. */
function installed() {
  const hash = (...names) => {
    const digest = createHash('sha256');
    for (const name of names) digest.update(readFileSync(helper(name)));
    return digest.digest('hex').slice(0, 16);
  };
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'cnd-test/kubernetes');
  return {
    KUBE: join(cache, hash('build/go.sum', 'build/main.go'), 'kube'),
    IMAGES: join(cache, hash('cluster/images.sh', 'cluster/image.py', 'cluster/pause.c')),
  };
}

/** A cluster that ends with this process; and what ends it before. */
async function cluster() {
  const running = process.env.CND_TEST_CLUSTER;
  if (running !== undefined) return { directory: running, stop: async () => {} };
  // Short: sockets are in it.
  const directory = mkdtempSync('/tmp/cnd-kube-');
  const env = { ...process.env, ...installed(), KUBECONFIG: '' };
  const stdio = ['pipe', 'pipe', 'inherit'];
  const holder = spawn(helper('cluster/hold.sh'), [directory], { env, stdio, detached: true });
  const ended = once(holder, 'exit');
  await Promise.race([once(holder.stdout, 'data'), ended]);
  if (holder.exitCode !== null) throw new Error('the cluster does not start');
  const stop = async () => {
    holder.stdin.end();
    await ended;
  };
  return { directory, stop };
}

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

const { directory, stop } = await cluster();
const kubeconfig = join(directory, 'admin.conf');
const isStub = values.kernel === 'stub';
const image = isStub ? stubImage() : 'localhost/python:3';
const kubernetes = { image, cpu: values.cpu, memory: '64Mi' };
writeFileSync(join(work, 'cnd.config.json'), JSON.stringify({ fleet: 'kubernetes', kubernetes }));
const env = { ...process.env, HOME: work, XDG_STATE_HOME: join(work, 'state'), KUBECONFIG: kubeconfig };

/** One run, interrupted once all have been searching for `hold` seconds. */
async function run(n) {
  const flags = { N: n, T: values.T, D: 16, limit: 2n ** 64n - 1n, kernel: isStub ? 'auto' : values.kernel };
  const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const command = [here('../bin/cnd.js'), 'start', ...words, '--json'];
  const child = spawn(process.execPath, command, { cwd: work, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const at = {};
  const seen = { latencies: [], lost: 0 };
  let ending;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{"event":"instance.progress"')) continue;
    const event = JSON.parse(line);
    at[event.event] = Date.parse(event.time);
    if (event.event === 'instance.lost') {
      seen.lost++;
      process.stderr.write(`N=${n}: instance ${event.instance} lost: ${event.reason}\n`);
    }
    if (event.event === 'instance.stopped' && event.latency !== undefined) seen.latencies.push(event.latency);
    if (event.event === 'run.ended') seen.gone = event.phases.terminate;
    if (event.event !== 'search.all') continue;
    seen.all = (at['search.all'] - at['launch.started']) / 1000;
    ending = sleep(Number(values.hold) * 1000).then(() => child.kill('SIGINT'));
  }
  await ending;
  const query = ['get', 'jobs,pods', '-A', '-l', 'app.kubernetes.io/managed-by=cnd', '-o', 'name'];
  const left = execFileSync(installed().KUBE, ['kubectl', '--kubeconfig', kubeconfig, ...query], {
    encoding: 'utf8',
  });
  if (left.trim() !== '') throw new Error(`left: ${left}`);
  return seen;
}

const sorted = (numbers) => numbers.filter((number) => number !== undefined).toSorted((a, b) => a - b);
const quantile = (numbers, part) => sorted(numbers).at(Math.floor(part * (sorted(numbers).length - 1)));
const median = (numbers) => quantile(numbers, 0.5);
const rows = [];
try {
  for (const n of values.N.split(',').map(Number)) {
    const runs = [];
    for (let count = 0; count < Number(values.runs); count++) runs.push(await run(n));
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
process.stdout.write(
  [
    '| pods | created to all searching, s | stop latency, median, ms | 99 %, ms | deleted until no object is left, s |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(
      ({ n, all, stop: half, stop99, gone }) =>
        `| ${n} | ${shown(all)} | ${shown(half)} | ${shown(stop99)} | ${shown(gone)} |`,
    ),
    '',
  ].join('\n'),
);
const lost = rows.reduce((sum, row) => sum + row.lost, 0);
if (lost > 0) process.stdout.write(`searches lost: ${lost}\n`);
