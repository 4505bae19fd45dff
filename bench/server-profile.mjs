import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Samples of perf in a second. */
const frequency = 997;

/**
 * What a process and all that it starts from now on do with the processor, by the names of programs: perf (Linux) samples them. Where
 * CPU time is counted in ticks of 10 ms, as in /proc, most programs of a login would count as nothing.
 */
export async function profileOf(pid) {
  const data = join(tmpdir(), `cnd-bench-${pid}.perf`);
  const options = ['-q', '-F', String(frequency), '-e', 'cpu-clock', '-k', 'CLOCK_MONOTONIC', '-o', data];
  const perf = spawn('perf', ['record', ...options, '-p', String(pid)], { stdio: 'ignore' });
  while (!existsSync(data)) await sleep(20);
  await sleep(200); // until its counters are there
  return {
    /** CPU seconds by program, most first, in a window of seconds as `process.hrtime` tells them. */
    async end(from, to) {
      perf.kill('SIGINT');
      await once(perf, 'close');
      const maxBuffer = 1 << 28;
      const stdio = ['ignore', 'pipe', 'ignore'];
      const lines = execFileSync('perf', ['script', '-i', data, '-F', 'comm,time'], { maxBuffer, stdio });
      rmSync(data, { force: true });
      const spent = new Map();
      for (const line of lines.toString().split('\n')) {
        const [, name, time] = /^\s*(.*?)\s+([\d.]+):/.exec(line) ?? [];
        if (name === undefined || Number(time) < from || Number(time) > to) continue;
        spent.set(name, (spent.get(name) ?? 0) + 1 / frequency);
      }
      return [...spent].toSorted(([, a], [, b]) => b - a);
    },
  };
}

/** Seconds of the clock that perf was told to use. */
export const monotonic = () => Number(process.hrtime.bigint()) / 1e9;
