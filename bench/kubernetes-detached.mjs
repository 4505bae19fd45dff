// How a detached run of a thousand pods and more is handled, on a real cluster of one node on this machine: the pods fit no node,
// so that they cost the control plane alone. Seconds, client CPU seconds and peak memory of each command; and requests' sizes.
//
//   node bench/kubernetes-detached.mjs [--N 1000] [--T 900] [--part all|scram|resume]
//
// As root, after test/helper/kubernetes/prepare.sh. $CND_TEST_CLUSTER names the directory of a cluster that is up already.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readArguments } from '../script/arguments.mjs';
import { installed, startCluster } from './kubernetes-cluster.mjs';

const { values } = readArguments(import.meta.url, {
  options: {
    N: { type: 'string', default: '1000', is: 'positive' },
    T: { type: 'string', default: '900', is: 'positive' },
    part: { type: 'string', default: 'all', oneOf: ['all', 'scram', 'resume'] },
  },
});
const count = Number(values.N);
const work = mkdtempSync(join(tmpdir(), 'cnd-bench-'));
const { directory, stop } = await startCluster();
const kubeconfig = join(directory, 'admin.conf');
const kubernetes = { image: 'localhost/python:3', cpu: '10m', memory: '64Mi', nodeSelector: { no: 'node' } };
writeFileSync(join(work, 'cnd.config.json'), JSON.stringify({ fleet: 'kubernetes', kubernetes }));
const env = { ...process.env, HOME: work, XDG_STATE_HOME: join(work, 'state'), KUBECONFIG: kubeconfig };

const kubectl = (...words) =>
  execFileSync(installed().KUBE, ['kubectl', '--kubeconfig', kubeconfig, ...words], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });

/** Runs cnd, interrupts it after so many seconds, and tells what it took. */
async function cnd(words, seconds) {
  const begun = performance.now();
  const command = [fileURLToPath(new URL('../bin/cnd.js', import.meta.url)), ...words];
  const child = spawn(process.execPath, command, { cwd: work, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let told = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  child.stderr.on('data', (chunk) => (told += chunk));
  let memory = 0;
  let cpu = 0;
  const look = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      memory = Math.max(memory, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
      const [, ...fields] = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ');
      const [user, system] = fields.join(') ').split(' ').slice(11, 13);
      cpu = (Number(user) + Number(system)) / 100;
    } catch {
      // It has ended.
    }
  }, 50);
  const timer = seconds && setTimeout(() => child.kill('SIGINT'), seconds * 1000);
  const [code] = await once(child, 'exit');
  clearInterval(look);
  clearTimeout(timer);
  const took = (performance.now() - begun) / 1000;
  const row = `${words[0]}: exit ${code}, ${took.toFixed(1)} s, ${cpu.toFixed(1)} CPU s, ${memory.toFixed(0)} MB`;
  process.stdout.write(`${row}, ${said.length + told.length} characters\n`);
  if (process.env.BENCH_VERBOSE) process.stdout.write(`${said.slice(-1500)}\n${told.slice(-1500)}\n`);
  return { said, told, code };
}

/** Waits until something holds, and tells how long that took. */
async function until(what, holds) {
  const begun = performance.now();
  while (!holds()) await sleep(500);
  process.stdout.write(`${what}: ${((performance.now() - begun) / 1000).toFixed(1)} s\n`);
}

const pods = (run) =>
  kubectl('get', 'pods', '-l', `cnd/run=${run}`, '-o', 'name').split('\n').filter(Boolean);

/** A detached run whose pods all exist. */
async function started() {
  const { said, told } = await cnd(['start', '--detach', '--N', `${count}`, '--T', values.T, '--D', '16']);
  const run = said.trim();
  if (run === '') throw new Error(told);
  await until(
    'pods created',
    () => Number(kubectl('get', 'job', `cnd-${run}`, '-o', 'jsonpath={.status.active}')) >= count,
  );
  return run;
}

/** A run that is watched for a while, and then terminated. */
async function scram() {
  const run = await started();
  await cnd(['ps']);
  await cnd(['attach', run, '--json'], 10);
  await cnd(['resume', run, '--json'], 10);
  await cnd(['scram', '--run', run]);
  await until('no pod left', () => pods(run).length === 0);
}

/** The Job ends before any pod has searched: the result is recorded, and everything deleted. */
async function resume() {
  const run = await started();
  const resuming = cnd(['resume', run, '--json']);
  await sleep(5000);
  kubectl('patch', 'job', `cnd-${run}`, '-p', '{"spec":{"activeDeadlineSeconds":1}}');
  const { said } = await resuming;
  const ended = said.split('\n').findLast((line) => line.includes('"run.ended"'));
  process.stdout.write(`${ended?.slice(0, 200)}\n`);
  await until('no pod left', () => pods(run).length === 0);
}

try {
  if (values.part !== 'resume') await scram();
  if (values.part !== 'scram') await resume();
} finally {
  await stop();
  rmSync(work, { recursive: true, force: true });
}
