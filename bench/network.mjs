// What a network that is cut costs a search: hosts in network namespaces of their own with a real sshd each, cut off by iptables.
//
//   node bench/network.mjs [--cuts 5,20,60] [--T 400] [--json FILE]
//
// One run over all hosts at once: each is cut off for so many seconds, one has its connection forgotten in silence (half-open, as
// by a NAT), one has its connection reset, and to one nothing happens. The kernels are stand-ins of a fixed speed which write down what they
// searched and when, so that a busy machine does not matter. For each host it tells how long it took to notice and to be back
// after the network was, for how long its kernels had nothing to do, and which nonces were searched twice, or in vain.
// Linux, as root; needs openssh-server, iproute2, iptables and python3.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readArguments } from '../script/arguments.mjs';

const { values } = readArguments(import.meta.url, {
  options: {
    cuts: { type: 'string', default: '5,20,60', is: 'list' },
    T: { type: 'string', default: '400', is: 'positive' },
    inside: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});

/** Nonces per second of each stand-in kernel. */
const rate = 100_000;

const kernel = (record) => `#!/usr/bin/env python3
import os, sys, time
fd = os.open('${record}.' + os.environ['CND_INSTANCE'][:3].split('-')[0], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
due = time.monotonic()
for line in sys.stdin:
    lo, hi = map(int, line.split())
    begin = time.time()
    due = max(due, time.monotonic() - 0.02) + (hi - lo) / ${rate}
    time.sleep(max(0, due - time.monotonic()))
    if hi > lo:
        os.write(fd, b'%d %d %d %.3f %.3f\\n' % (os.getpid(), lo, hi, begin, time.time()))
    os.write(1, b'done %d %d\\n' % (lo, hi))
`;

async function main() {
  const run = (...command) => execFileSync(command[0], command.slice(1), { encoding: 'utf8' });
  const directory = mkdtempSync(join(tmpdir(), 'cnd-network-'));
  const record = join(directory, 'record');
  const program = join(directory, 'kernel');
  writeFileSync(program, kernel(record));
  chmodSync(program, 0o755);
  run('ip', 'link', 'set', 'lo', 'up');
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  for (const name of ['id', 'host'])
    run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(directory, name));

  const kinds = [
    ...values.cuts.split(',').map((seconds) => Number(seconds)),
    'half-open',
    'reset',
    'nothing',
  ];
  const hosts = [];
  for (const [index, kind] of kinds.entries()) hosts.push(await startHost(index, kind));
  const hostKey = readFileSync(join(directory, 'host.pub'), 'utf8');
  writeFileSync(join(directory, 'known_hosts'), hosts.map(({ address }) => `${address} ${hostKey}`).join(''));
  writeFileSync(
    join(directory, 'cnd.config.json'),
    JSON.stringify({
      hosts: {
        list: hosts.map(({ address }) => ({ host: address, user: 'root' })),
        identityFile: join(directory, 'id'),
        knownHosts: [join(directory, 'known_hosts')],
      },
    }),
  );

  async function startHost(index, kind) {
    const space = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' });
    const isOwn = () => run('readlink', `/proc/${space.pid}/ns/net`) !== run('readlink', '/proc/self/ns/net');
    while (!isOwn()) await sleep(10);
    const address = `10.77.${index}.2`;
    const inside = (...command) => run('nsenter', '-t', String(space.pid), '-n', ...command);
    run(
      'ip',
      'link',
      'add',
      `host${index}`,
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      String(space.pid),
    );
    run('ip', 'addr', 'add', `10.77.${index}.1/30`, 'dev', `host${index}`);
    run('ip', 'link', 'set', `host${index}`, 'up');
    inside('ip', 'link', 'set', 'lo', 'up');
    inside('ip', 'addr', 'add', `${address}/30`, 'dev', 'eth0');
    inside('ip', 'link', 'set', 'eth0', 'up');
    const home = join(directory, `home${index}`);
    mkdirSync(home);
    const config = join(directory, `sshd${index}`);
    const lines = {
      ListenAddress: address,
      HostKey: join(directory, 'host'),
      AuthorizedKeysFile: join(directory, 'id.pub'),
      StrictModes: 'no',
      UsePAM: 'no',
      PidFile: 'none',
      PermitRootLogin: 'yes',
      SetEnv: `CND_KERNEL=${program} HOME=${home}`,
    };
    writeFileSync(
      config,
      Object.entries(lines)
        .map((line) => `${line.join(' ')}\n`)
        .join(''),
    );
    const sshd = spawn('nsenter', ['-t', String(space.pid), '-n', '/usr/sbin/sshd', '-D', '-f', config], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    /** The ports at the other end of the connections that there are. */
    const peers = () =>
      readFileSync(`/proc/${space.pid}/net/tcp`, 'utf8')
        .split('\n')
        .map((line) => / [0-9A-F]+:0016 [0-9A-F]+:([0-9A-F]{4}) 01 /.exec(line)?.[1])
        .filter((port) => port !== undefined)
        .map((port) => String(Number.parseInt(port, 16)));
    const drop = (...which) => {
      inside('iptables', '-A', 'INPUT', '-i', 'eth0', ...which, '-j', 'DROP');
    };
    return {
      index,
      kind,
      address,
      sshd,
      cut() {
        drop();
        inside('iptables', '-A', 'OUTPUT', '-o', 'eth0', '-j', 'DROP');
      },
      mend: () => inside('iptables', '-F'),
      forget() {
        for (const port of peers()) {
          drop('-p', 'tcp', '--sport', port);
          inside('iptables', '-A', 'OUTPUT', '-o', 'eth0', '-p', 'tcp', '--dport', port, '-j', 'DROP');
        }
      },
      reset() {
        const sessions = run('pgrep', '-P', String(sshd.pid)).trim().split('\n');
        for (const pid of sessions) process.kill(Number(pid), 'SIGKILL');
      },
    };
  }

  const bin = fileURLToPath(new URL('../bin/cnd.js', import.meta.url));
  const child = spawn(
    process.execPath,
    [bin, 'start', '--fleet', 'hosts', '--T', values.T, '--D', '16', '--chunk', '50000', '--json'],
    {
      cwd: directory,
      env: { ...process.env, HOME: directory, XDG_STATE_HOME: join(directory, 'state') },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const heard = [];
  const ended = new Promise((resolve) => {
    createInterface({ input: child.stdout })
      .on('line', (line) => heard.push({ ...JSON.parse(line), at: Date.now() / 1000 }))
      .on('close', resolve);
  });
  const find = (event, index, since = 0) =>
    heard.find((it) => it.event === event && (it.instance ?? index) === index && it.at >= since);
  while (!find('search.all') && child.exitCode === null) await sleep(50);
  await sleep(4000);

  const disturbed = hosts.map(async (host) => {
    const begin = Date.now() / 1000;
    if (typeof host.kind === 'number') {
      host.cut();
      await sleep(host.kind * 1000);
      host.mend();
    } else if (host.kind === 'half-open') host.forget();
    else if (host.kind === 'reset') host.reset();
    else return { begin };
    const end = Date.now() / 1000;
    // A short cut need not break the connection: then there is nothing to be made again.
    for (const limit = end + 45; Date.now() / 1000 < limit; await sleep(100)) {
      if (find('instance.reconnected', host.index, begin) || find('instance.lost', host.index, begin)) break;
    }
    return { begin, end };
  });
  const times = await Promise.all(disturbed);
  await sleep(8000);
  child.kill('SIGINT');
  await ended;

  const claimed = (heard.find(({ event }) => event === 'run.ended')?.coverage.ranges ?? []).map(
    ([lo, hi]) => [Number(lo), Number(hi)],
  );
  const searched = hosts.map(({ index }) =>
    readFileSync(`${record}.h${index}`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' ').map(Number)),
  );
  const all = searched.flat().toSorted((a, b) => a[1] - b[1]);
  let twice = 0;
  let reached = 0;
  for (const [, lo, hi] of all) {
    twice += Math.max(0, Math.min(hi, reached) - lo);
    reached = Math.max(reached, hi);
  }
  const inClaimed = (lo, hi) =>
    claimed.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(hi, to) - Math.max(lo, from)), 0);
  const rows = hosts.map(({ index, kind }) => {
    const { begin, end = begin } = times[index];
    const noticed = find('instance.disconnected', index, begin)?.at;
    const back = find('instance.reconnected', index, begin)?.at;
    const until = Math.max(end, back ?? 0) + 5;
    const kernels = group(searched[index]);
    let idle = 0;
    for (const pieces of kernels.values()) {
      for (const [at, piece] of pieces.entries()) {
        const before = pieces[at - 1]?.[4] ?? piece[3];
        idle += Math.max(0, Math.min(piece[3], until) - Math.max(before, begin));
      }
    }
    const vain = searched[index].reduce((sum, [, lo, hi]) => sum + hi - lo - inClaimed(lo, hi), 0);
    return {
      what: typeof kind === 'number' ? `cut for ${kind} s` : kind,
      noticed: noticed && noticed - begin,
      back: back && back - end,
      idle: idle / Math.max(1, kernels.size),
      lost: find('instance.lost', index, begin) !== undefined,
      // Of what was searched the last slices before the end are never reported: their kernels are killed.
      vain,
    };
  });
  const number = (value, digits = 1) => (value === undefined ? '–' : value.toFixed(digits));
  process.stdout.write(
    '| what | noticed after, s | back after the network was, s | kernels idle, s | given up | searched and not counted |\n',
  );
  process.stdout.write('| --- | --- | --- | --- | --- | --- |\n');
  for (const { what, noticed, back, idle, lost, vain } of rows)
    process.stdout.write(
      `| ${what} | ${number(noticed)} | ${number(back)} | ${number(idle, 2)} | ${lost ? 'yes' : 'no'} | ${vain} |\n`,
    );
  process.stdout.write(
    `\nsearched twice: ${twice} of ${all.reduce((sum, [, lo, hi]) => sum + hi - lo, 0)} nonces\n`,
  );
  if (values.json) writeFileSync(values.json, JSON.stringify({ rows, twice, heard }, undefined, 1));
  for (const { sshd } of hosts) sshd.kill();
  rmSync(directory, { recursive: true, force: true });
  const isMet = twice === 0 && rows.every(({ idle, lost }) => idle < 2 && !lost);
  process.exit(isMet ? 0 : 1);
}

function group(pieces) {
  const groups = new Map();
  for (const piece of pieces) groups.set(piece[0], [...(groups.get(piece[0]) ?? []), piece]);
  return groups;
}

if (!values.inside) {
  const own = ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child'];
  const self = [fileURLToPath(import.meta.url), '--inside', ...process.argv.slice(2)];
  const child = spawn('unshare', [...own, process.execPath, ...self], { stdio: 'inherit' });
  child.on('exit', (code) => process.exit(code ?? 1));
} else await main();
