// What the time of a local start goes into: spans of its critical path by the clock, and the CPU of its processes and of the controller's
// code. Nothing is instrumented for the spans: they are between events of the run and the births of its files.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';

/** Spans of the critical path, each with the moment at which it ends. */
const spans = [
  ['Node.js itself (node -e 0)', 'node'],
  ['cnd is loaded, the command line and the settings are judged', 'prepared'],
  ['checks (python3, kernels, logs) beside the loading of all that a run needs', 'run.planned'],
  ['the plan, the journal and the state are written', 'launch.started'],
  ['the host, started with the checks, makes the instances', 'instance.launched'],
  ['SSH: key exchange and login', 'instance.connected'],
  ['a shell, python3, and the worker put on the instance', 'instance.uploaded'],
  ['the agent begins', 'agent'],
  ['it gets its job, and starts its kernel', 'instance.searching'],
];

/** What the controller's samples are of, by the innermost frame that tells. */
const parts = [
  ['waiting', ({ functionName }) => functionName === '(idle)'],
  ['garbage collection', ({ functionName }) => functionName === '(garbage collector)'],
  ['zod', ({ url }) => /zod|\/schemas\d*\.cjs$/.test(url)],
  ['yargs and the command line', ({ url }) => /\/parser\d*\.cjs$/.test(url)],
  // The chunk of it is named after the first module of ours that needs it.
  ['ssh2', ({ url }) => /\/algorithm\d*\.cjs$/.test(url)],
  ['loading of modules: find, read, compile', ({ url }) => /internal\/modules|internal\/bootstrap/.test(url)],
  ['the rest of cnd', ({ url }) => url.includes('/dist/')],
];

/** Prints the profile of a checkout's start with N instances, medians of some runs. */
export async function profile(bin, instances, runs) {
  const marks = [];
  const cpu = [];
  for (let run = 0; run <= runs; run++) {
    const seen = await start(bin, instances);
    // The first one times the kernels of this machine.
    if (run === 0) continue;
    marks.push(seen.marks);
    cpu.push(seen.cpu);
  }
  process.stdout.write(`N=${instances}, from the command until all are searching, medians of ${runs} runs\n`);
  let before = 0;
  for (const [what, mark] of spans) {
    const at = median(marks.map((seen) => seen.get(mark)));
    process.stdout.write(`${String(Math.round(at - before)).padStart(6)} ms  ${what}\n`);
    before = at;
  }
  process.stdout.write(
    `${String(Math.round(before)).padStart(6)} ms  in all\n\nCPU until then, of all processes of a kind\n`,
  );
  for (const kind of cpu[0].keys())
    process.stdout.write(
      `${String(Math.round(median(cpu.map((seen) => seen.get(kind) ?? 0)))).padStart(6)} ms  ${kind}\n`,
    );
  process.stdout.write('\nThe controller by its code, one run with --cpu-prof\n');
  const { samples } = await start(bin, instances, true);
  for (const [what, time] of [...samples].toSorted(([, a], [, b]) => b - a))
    process.stdout.write(`${String(Math.round(time)).padStart(6)} ms  ${what}\n`);
}

/** One start, ended as soon as all instances search. */
async function start(bin, instances, isSampled = false) {
  const directory = mkdtempSync(join(tmpdir(), 'cnd-startup-'));
  const sampling = isSampled ? ['--cpu-prof', '--cpu-prof-interval', '200', '--cpu-prof-dir', directory] : [];
  const begin = Date.now();
  const args = ['start', '--N', instances, '--T', '120', '--D', '8', '--json'];
  const child = spawn(process.execPath, [...sampling, bin, ...args], {
    cwd: directory,
    env: { ...process.env, XDG_STATE_HOME: join(directory, 'state') },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise((done) => child.once('close', done));
  const marks = new Map();
  let cpu;
  for await (const line of createInterface({ input: child.stdout })) {
    const { event, time, run } = JSON.parse(line);
    // Of all instances the last one counts.
    if (cpu === undefined) marks.set(event, Date.parse(time) - begin);
    if (event !== 'search.all') continue;
    cpu = processorTimes(child.pid, run);
    const state = join(directory, 'state/cnd', run, 'local');
    marks.set('prepared', statSync(join(state, 'host.log')).birthtimeMs - begin);
    marks.set('agent', Math.max(...agentBirths(state)) - begin);
    child.kill('SIGINT');
  }
  await ended;
  const node = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  marks.set('node', performance.now() - node);
  const file = readdirSync(directory).find((name) => name.endsWith('.cpuprofile'));
  const until = marks.get('search.all');
  const samples = file === undefined ? undefined : samplesOf(join(directory, file), until);
  rmSync(directory, { recursive: true });
  return { marks, cpu, samples };
}

/** When the agents of all instances wrote their pids. */
function agentBirths(state) {
  const files = readdirSync(state, { recursive: true }).filter((name) => basename(name) === 'agent.pid');
  return files.map((name) => statSync(join(state, name)).birthtimeMs);
}

/** Milliseconds of processor time that the processes of a run have had, by what they are. */
function processorTimes(controller, run) {
  const kinds = new Map([
    ['controller', 0],
    ['what it ran and waited for: python3 for its version', waitedFor(controller)],
    ['display', 0],
    ['host, which has the SSH servers', 0],
    ['watchdog', 0],
    ['agents, and the relays that started them', 0],
    ['kernels', 0],
  ]);
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const kind = kindOf(pid, controller, run);
      if (kind !== undefined) kinds.set(kind, kinds.get(kind) + ran(pid));
    } catch {
      // it has ended
    }
  }
  return kinds;
}

function kindOf(pid, controller, run) {
  if (pid === String(controller)) return 'controller';
  const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  const [, parent] = statOf(pid);
  if (parent === controller && !environment.includes(`CND_RUN=${run}`)) return 'display';
  if (!environment.includes(`CND_RUN=${run}`)) return undefined;
  if (environment.includes('CND_ROLE=local-host')) return 'host, which has the SSH servers';
  if (environment.includes('CND_ROLE=local-watchdog')) return 'watchdog';
  return /kernel\0|pow\.py/.test(command) ? 'kernels' : 'agents, and the relays that started them';
}

/** Milliseconds that all threads of a process have run. */
function ran(pid) {
  return readdirSync(`/proc/${pid}/task`)
    .map(
      (thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'ascii').split(' ')[0]) / 1e6,
    )
    .reduce((sum, time) => sum + time, 0);
}

/** The state and the parent of a process, and what follows them in proc_pid_stat(5). */
function statOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const [state, ...numbers] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [state, ...numbers.map(Number)];
}

/** Milliseconds of children that have ended; a clock tick is 10 ms. */
function waitedFor(pid) {
  const fields = statOf(pid);
  return 10 * (fields[13] + fields[14]);
}

/** Milliseconds of a CPU profile by part, from its beginning until so many milliseconds. */
function samplesOf(path, until) {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(path, 'utf8'));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const partOf = (id) => {
    for (let at = id; at !== undefined; at = parents.get(at)) {
      const found = parts.find(([, isIt]) => isIt(byId.get(at).callFrame));
      if (found) return found[0];
    }
    return 'Node.js itself';
  };
  const times = new Map();
  let elapsed = 0;
  for (const [index, id] of samples.entries()) {
    elapsed += timeDeltas[index] / 1000;
    if (elapsed > until) break;
    const part = partOf(id);
    times.set(part, (times.get(part) ?? 0) + timeDeltas[index] / 1000);
  }
  return times;
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
