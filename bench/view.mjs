// What the live view costs while N instances search: each says once a second how far it is. CPU time of the controller's
// side and of the display's process, in percent of one core, above what the same events cost without a display.
//
//   node bench/view.mjs [--N 100,1000,4000] [--seconds 10]
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EventStream } from '../dist-module/event/stream.js';
import { Display } from '../dist-module/view/display/display.js';
import { readArguments } from '../script/arguments.mjs';

const { values } = readArguments(import.meta.url, {
  options: {
    N: { type: 'string', default: '100,1000,4000', is: 'list' },
    seconds: { type: 'string', default: '10', is: 'positive' },
    measured: { type: 'string' },
    mode: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
/** Turns of the event loop in which the events of a second come. */
const turns = 50;

if (values.measured === undefined) {
  const measure = (N, mode) => {
    const args = [fileURLToPath(import.meta.url), '--measured', String(N), '--mode', mode];
    const child = spawnSync(process.execPath, [...args, '--seconds', String(seconds)], {
      stdio: ['ignore', 'pipe', 'ignore'], // the terminal is /dev/null, of 80 columns and 24 rows
      encoding: 'utf8',
      env: { ...process.env, TERM: 'xterm-256color' },
    });
    return JSON.parse(child.stdout.trim().split('\n').at(-1));
  };
  console.log('   N  controller  display    all   (% of a core)');
  for (const N of values.N.split(',').map(Number)) {
    const none = measure(N, 'none');
    const live = measure(N, 'live');
    const controller = Math.max(0, live.controller - none.controller);
    const columns = [controller, live.display, controller + live.display];
    console.log(String(N).padStart(4), ...columns.map((percent) => percent.toFixed(1).padStart(9)));
  }
} else {
  const result = await run(Number(values.measured), values.mode);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

async function run(N, mode) {
  const display =
    mode === 'live' &&
    new Display(
      { mode: 'live', verbose: false, start: Date.now(), keyboard: false },
      { onQuit: () => {}, onStdoutClosed: () => {} },
    );
  const { emit } = new EventStream('20261120-081103-x7k2', Date.now, display ? [display] : []);
  emit('run.planned', {
    fleet: 'bench',
    instances: N,
    timeLimit: 600,
    puzzle: {},
    from: '0',
    limit: '18446744073709551615',
    chunk: '1000000',
    smallest: false,
    kernel: 'auto',
    expectedNonces: '1e+18',
    spaceProbability: 1,
    logs: 'logs',
  });
  emit('launch.started', { instances: N });
  for (let instance = 0; instance < N; instance++) {
    emit('instance.launched', { instance, id: `i-${instance}` });
    emit('instance.searching', {
      instance,
      kernel: 'native',
      isa: 'avx512',
      threads: 2,
      cores: 2,
      python: '3.12',
    });
  }
  // Until the display's process has started and drawn all that.
  await sleep(3000);
  const before = cpu(display);
  const begin = performance.now();
  let sent = 0;
  for (let turn = 1; turn <= turns * seconds; turn++) {
    await sleep(Math.max(0, begin + (turn * 1000) / turns - performance.now()));
    for (; sent < (turn * N) / turns; sent++) progress(emit, N, sent);
    if (turn % turns === 0)
      emit('run.progress', {
        searching: N,
        tested: String(sent * 1_000_000),
        rate: N * 1e6,
        probability: 0.1,
        elapsed: turn / turns,
        remaining: 500,
      });
  }
  const after = cpu(display);
  const elapsed = (performance.now() - begin) / 1000;
  if (display) await display.close();
  return {
    controller: ((after.controller - before.controller) / elapsed) * 100,
    display: ((after.display - before.display) / elapsed) * 100,
  };
}

function progress(emit, N, sent) {
  const instance = sent % N;
  const next = String(instance + N * Math.floor(sent / N));
  const done = [[String(sent * 1000), String(sent * 1000 + 500)]];
  emit('instance.progress', {
    instance,
    hashes: sent * 1e6,
    rate: 1e6,
    residues: [{ residue: instance, next, done }],
  });
}

/** Seconds of CPU of both processes so far. */
function cpu(display) {
  const { user, system } = process.cpuUsage();
  return { controller: (user + system) / 1e6, display: display ? secondsOf(childOf(process.pid)) : 0 };
}

function childOf(pid) {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
}

/** User and system time of a process: fields 14 and 15 of its stat, in hundredths of a second. */
function secondsOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
