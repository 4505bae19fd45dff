// From nothing to a worker on each of N hosts: connect, copy the worker, start it, and hear it say that it is ready. cnd's hosts
// fleet next to a bare ssh2 script, Fabric, parallel-ssh and ClusterShell, in turns, all to the same real sshd with
// curve25519. Seconds of wall clock, CPU seconds and memory of the client; medians, and ratios of them to the bare script and, for
// CPU, to parallel-ssh. A Markdown table at the end; all of it in about 3 minutes on two quiet cores.
//
//   npm run build && npx tsc -p tsconfig.build.json
//   node bench/ssh.mjs [--N 8,32,64] [--runs 5] [--peers VENV] [--profile] [--servers] [--only NAME,NAME]
//
// --profile: writes a CPU profile of cnd into ./profile. --servers: what the programs on the servers spend, per server, by
// perf: for cnd from its launch on. --only: some of the clients.
//
// As root on Linux: sshd listens in a network namespace of its own. VENV: a virtual environment with fabric, parallel-ssh and
// ClusterShell; without it only the bare script is beside cnd. Kernels are stand-ins that search nothing, so that no tool
// is slowed down by what it has started. cnd does more: it pins host keys, arms a guard on each host, checks the digest of the
// upload, and keeps journal and live state.
import { once } from 'node:events';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { monotonic, profileOf } from './server-profile.mjs';
import { usage } from './usage.mjs';
import { readArguments } from '../script/arguments.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values } = readArguments(import.meta.url, {
  options: {
    N: { type: 'string', default: '8,32,64', is: 'list' },
    runs: { type: 'string', default: '5', is: 'positive' },
    peers: { type: 'string' },
    inside: { type: 'boolean' },
    profile: { type: 'boolean' },
    only: { type: 'string' },
    servers: { type: 'boolean' },
  },
});

if (!values.inside) {
  const args = ['--net', process.execPath, here('ssh.mjs'), ...process.argv.slice(2), '--inside'];
  process.exit(spawnSync('unshare', args, { stdio: 'inherit' }).status ?? 1);
}
execFileSync('ip', ['link', 'set', 'lo', 'up']);

const port = 2222;
const directory = mkdtempSync(join(tmpdir(), 'cnd-bench-'));
const at = (name) => join(directory, name);
const key = at('id');
for (const path of [key, at('host')])
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path]);
const hostKey = readFileSync(at('host.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
execFileSync('cc', ['-O2', '-static', '-o', at('kernel'), here('stub-kernel.c')]);
mkdirSync('/run/sshd', { recursive: true });
const lines = [
  `Port ${port}`,
  'ListenAddress 0.0.0.0',
  `HostKey ${at('host')}`,
  `AuthorizedKeysFile ${key}.pub`,
  'KexAlgorithms curve25519-sha256,curve25519-sha256@libssh.org',
  'MaxStartups 1000',
  'PermitRootLogin yes',
  'StrictModes no',
  'UsePAM no',
  'PidFile none',
  'UseDNS no',
  'Subsystem sftp internal-sftp',
  `SetEnv HOME=${directory} CND_KERNEL=${at('kernel')}`,
];
writeFileSync(at('sshd_config'), `${lines.join('\n')}\n`);
const sshd = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', at('sshd_config')], {
  stdio: ['ignore', 'ignore', 'pipe'],
});
await once(sshd.stderr, 'data');
sshd.stderr.resume();

/** What peers copy: the bundle that cnd uploads, and what starts the agent in it. */
async function makeWorker() {
  const { WorkerBundles } = await import('../dist-module/engine/agents/worker-bundle.js');
  const { data } = await new WorkerBundles().for(`${process.platform}-${process.arch}`);
  const job = {
    run: 'bench',
    worker: 0,
    puzzle: { scheme: 'hex-chain', block: '434f4d', unit: 'digits', difficulty: 16 },
    from: '0',
    limit: '4294967296',
    chunk: '1000000',
    stride: 1,
    residues: [{ residue: 0, next: '0' }],
    threads: 1,
    seconds: 60,
    linger: 10,
    smallest: false,
    kernel: 'auto',
    broadcast: null,
  };
  writeFileSync(at('bundle.tar.gz'), data);
  writeFileSync(at('job'), `${JSON.stringify(job)}\n`);
}
await makeWorker();

// As boot.py does it, which is the cheapest way to start an agent.
const agent = [
  'import sys',
  'sys.path.insert(0, ".")',
  'from boot import Importer, stored',
  'with open("worker.zip", "rb") as archive:',
  '    sys.meta_path.insert(0, Importer(dict(stored(archive.read())), "worker.zip"))',
  'import agent',
  'agent.main()',
];
writeFileSync(at('start-agent.py'), `${agent.join('\n')}\n`);

// `@`: where the bundle was copied to. The agent is ended as soon as it has said that it is ready.
const start = [
  'd=$(mktemp -d @.XXXXXX) && tar -xzf @ -C $d && cd $d && mkfifo i o && exec 3<>i 4<>o',
  `python3 -B -S -E ${at('start-agent.py')} <&3 >&4 2>&4 & p=$!`,
  `cat ${at('job')} >&3`,
  `while read -r l <&4; do case $l in *'"ready"'*|*'"error"'*) echo "$l"; break;; esac; done`,
  'kill $p',
].join('\n');
writeFileSync(at('start'), start.replaceAll('@', '$1'));
const command = `sh ${at('start')} @`;

/** A peer's whole process. */
async function peer(program, ...args) {
  // What a process and its children have used, as GNU time tells it.
  const script =
    'import resource as r, subprocess as s, sys, time as t; b = t.monotonic(); c = s.run(sys.argv[1:], stdout=s.DEVNULL).returncode; e = t.monotonic(); u = r.getrusage(r.RUSAGE_CHILDREN); print(e - b, u.ru_utime + u.ru_stime, u.ru_maxrss / 1024); sys.exit(c)';
  const child = spawn('python3', ['-c', script, program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const from = monotonic();
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  const to = monotonic();
  if (child.exitCode !== 0) throw new Error(`${program} ${args[0]} failed`);
  const [wall, cpu, memory] = output.split(' ').map(Number);
  return { wall, cpu, memory, from, to };
}

async function cnd(n) {
  const place = mkdtempSync(at('cnd-'));
  const list = Array.from({ length: n }, (_, index) => `root@127.0.1.${index + 1}:${port}`);
  writeFileSync(
    join(place, 'known_hosts'),
    list.map((_, index) => `[127.0.1.${index + 1}]:${port} ${hostKey}\n`).join(''),
  );
  const hosts = { list, identityFile: key, knownHosts: 'known_hosts' };
  writeFileSync(join(place, 'cnd.config.json'), JSON.stringify({ fleet: 'hosts', hosts }));
  const args = ['start', '--N', String(n), '--T', '60', '--D', '16', '--json'];
  const node = values.profile ? ['--cpu-prof', `--cpu-prof-dir=${process.cwd()}/profile`] : [];
  const begin = performance.now();
  const child = spawn(process.execPath, [...node, here('../bin/cnd.js'), ...args], {
    cwd: place,
    env: { ...process.env, XDG_STATE_HOME: join(place, 'state') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let result;
  let before = { wall: 0, cpu: 0 };
  const used = () => ({ wall: (performance.now() - begin) / 1000, ...usage(child.pid) });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('"launch.started"')) before = { ...used(), at: monotonic() };
    if (result || !line.includes('"search.all"')) continue;
    const { wall, cpu, memory } = used();
    const ssh = { wall: wall - before.wall, cpu: cpu - before.cpu, memory };
    result = { wall, cpu, memory, ssh, from: before.at, to: monotonic() };
    child.kill('SIGINT');
  }
  if (!result) throw new Error('cnd did not get all hosts to search');
  return result;
}

function clients(n) {
  const remote = (tool) => join(mkdtempSync(at(`${tool}-`)), 'worker');
  const job = (tool) => [String(n), String(port), 'root', key, at('bundle.tar.gz'), remote(tool), command];
  const python = (tool) => () =>
    peer(join(values.peers, 'bin/python'), here('peer/client.py'), tool, ...job(tool));
  const shell = () => {
    const path = remote('clush');
    const options = `-i ${key} -p ${port} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR`;
    const clush = `${join(values.peers, 'bin/clush')} -l root -f 64 -q -O ssh_options='${options}' -O scp_options='${options.replace('-p ', '-P ')}' -w '127.0.1.[1-${n}]'`;
    const start = command.replaceAll('@', path);
    return peer(
      'sh',
      '-c',
      `set -e; ${clush} -c ${at('bundle.tar.gz')} --dest ${path}; ${clush} '${start}' </dev/null | grep -c ready`,
    );
  };
  return {
    'bare ssh2': () => peer(process.execPath, here('peer/bare-ssh2.mjs'), ...job('bare')),
    cnd: () => cnd(n),
    ...(values.peers && {
      Fabric: python('fabric'),
      'parallel-ssh': python('parallel-ssh'),
      ClusterShell: shell,
    }),
  };
}

/** CPU of the machines that a client has worked on, which are one machine here. */
function showServers(n, name, programs) {
  const shown = ([program, seconds]) => `${program} ${((1000 * seconds) / n).toFixed(1)}`;
  const all = ['all', programs.reduce((sum, [, seconds]) => sum + seconds, 0)];
  process.stdout.write(`${n} | ${name}, ms of CPU a server: ${[all, ...programs].map(shown).join(', ')}\n`);
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const rows = [];
for (const n of values.N.split(',').map(Number)) {
  const tools = Object.entries(clients(n)).filter(
    ([name]) => !values.only || values.only.split(',').includes(name),
  );
  const taken = new Map(tools.map(([name]) => [name, []]));
  for (let run = 0; run < Number(values.runs); run++)
    for (const [name, measure] of tools) {
      const profile = values.servers && (await profileOf(sshd.pid));
      const one = await measure();
      taken.get(name).push(one);
      if (profile) showServers(n, name, await profile.end(one.from, one.to));
    }
  if (taken.has('cnd'))
    taken.set(
      'cnd, from its launch on',
      taken.get('cnd').map(({ ssh }) => ssh),
    );
  const of = (name, part) => median(taken.get(name).map((one) => one[part]));
  for (const name of taken.keys()) {
    const [wall, cpu, memory] = ['wall', 'cpu', 'memory'].map((part) => of(name, part));
    const ratio = (part, own, to = 'bare ssh2') => (taken.has(to) ? (own / of(to, part)).toFixed(2) : '-');
    rows.push([
      n,
      name,
      wall.toFixed(2),
      ratio('wall', wall),
      cpu.toFixed(2),
      ratio('cpu', cpu),
      ratio('cpu', cpu, 'parallel-ssh'),
      memory.toFixed(0),
    ]);
    process.stdout.write(`${rows.at(-1).join(' | ')}\n`);
  }
}
process.stdout.write(
  '\n| N | client | wall, s | to the bare script | client CPU, s | to the bare script | to parallel-ssh | memory, MB |\n|---|---|---|---|---|---|---|---|\n',
);
for (const row of rows) process.stdout.write(`| ${row.join(' | ')} |\n`);
sshd.kill();
rmSync(directory, { recursive: true, force: true });
