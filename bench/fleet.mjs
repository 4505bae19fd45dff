// How the local fleet starts when cores are scarce: seconds from the beginning of a run until its first nonces were tested
// and until all instances search, next to busy loops of other sessions if wanted. From the events of one run each.
//
//   node bench/fleet.mjs [--N 512] [--T 120] [--loops 0] [--kernel auto|python|PROGRAM]
//
// --loops: busy loops beside it, each in a session of its own as another user's program is. --kernel PROGRAM: a stand-in in
// place of the kernel (it becomes $CND_KERNEL).
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const bin = fileURLToPath(new URL('../bin/cnd.js', import.meta.url));
const { values } = parseArgs({
  options: {
    N: { type: 'string', default: '512' },
    T: { type: 'string', default: '120' },
    loops: { type: 'string', default: '0' },
    kernel: { type: 'string', default: 'auto' },
  },
});
const isKind = values.kernel === 'auto' || values.kernel === 'python';
const directory = mkdtempSync(join(tmpdir(), 'cnd-bench-'));
const loops = Array.from({ length: Number(values.loops) }, () =>
  spawn(process.execPath, ['-e', 'for (;;);'], { detached: true, stdio: 'ignore' }),
);

const args = ['start', '--N', values.N, '--T', values.T, '--D', '16', '--json'];
const child = spawn(process.execPath, [bin, ...args, '--kernel', isKind ? values.kernel : 'auto'], {
  cwd: directory,
  env: {
    ...process.env,
    XDG_STATE_HOME: join(directory, 'state'),
    ...(isKind ? {} : { CND_KERNEL: values.kernel }),
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const begin = Date.now();
const steps = ['instance.connected', 'instance.uploaded', 'instance.searching'];
const reached = new Map(steps.map((step) => [step, new Map()]));
let [first, all, ended] = [];
let lost = 0;
for await (const line of createInterface({ input: child.stdout })) {
  const event = JSON.parse(line);
  const seconds = (Date.now() - begin) / 1000;
  const step = reached.get(event.event);
  if (step && !step.has(event.instance)) step.set(event.instance, seconds);
  if (event.event === 'instance.progress' && BigInt(event.hashes ?? 0) > 0n) first ??= seconds;
  if (event.event === 'instance.lost') lost++;
  if (event.event === 'run.ended') ended = event;
  if (event.event === 'search.all') {
    all = seconds;
    child.kill('SIGINT');
  }
}
for (const loop of loops) loop.kill('SIGKILL');
rmSync(directory, { recursive: true, force: true });

const show = (name, value) => process.stdout.write(`${name.padEnd(34)} ${value}\n`);
const number = (value) => (value === undefined ? 'not reached' : value.toFixed(1));
show('instances, busy loops beside them', `${values.N}, ${values.loops}`);
show('first nonces tested, s', number(first));
show('all searching, s', number(all));
for (const [step, times] of reached) {
  const sorted = [...times.values()].toSorted((a, b) => a - b);
  const at = (share) => number(sorted[Math.floor(share * (sorted.length - 1))]);
  show(`${step}, s`, `${sorted.length}: first ${at(0)}, median ${at(0.5)}, last ${at(1)}`);
}
show('searches lost', lost);
show('outcome, whole run in s', `${ended?.outcome}, ${ended?.elapsed}`);
