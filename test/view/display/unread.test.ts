import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { eventually } from '../../helper/process.ts';

const display = fileURLToPath(new URL('../../../dist-module/view/display/display.js', import.meta.url));

/** Megabytes of events that nobody takes, and that either process may need at most: what waits is bounded, not all that came. */
const [fed, most] = [1000, 300];

/** A controller that tells so many megabytes of progress to a display whose stdout is a pipe that nobody reads. */
const controller = `
const { Display } = await import(${JSON.stringify(display)});
const handlers = { onQuit() {}, onStdoutClosed() {} };
const shown = new Display({ mode: 'json', verbose: false, start: 0, keyboard: false }, handlers);
let dropped = 0;
shown.attach((name, fields) => { if (name === 'output.dropped') dropped = fields.progress; });
const residues = Array.from({ length: 200 }, (_, residue) => ({ residue, next: '123456789', done: [] }));
const event = { event: 'instance.progress', time: new Date().toISOString(), run: 'r', instance: 0, hashes: 1, rate: 1, residues };
const size = JSON.stringify(event).length;
for (let bytes = 0; bytes < ${fed} * 2 ** 20; bytes += size) {
  shown.show(event);
  if (bytes % 2 ** 20 < size) await new Promise((resolve) => setImmediate(resolve));
}
process.stderr.write(\`fed \${dropped}\\n\`);
setInterval(() => {}, 1000);
`;

/** The highest resident set of a process so far, in MB. */
const peak = (pid: number): number =>
  Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

test.runIf(process.platform === 'linux')(
  'a pipe that nobody reads costs neither process more memory than its queues may take',
  async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', controller], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    try {
      // Node would read it ahead.
      child.stdout.pause();
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
      await eventually('all is told', () => /^fed \d+$/m.test(said));
      expect(Number(/\d+/.exec(said)?.[0])).toBeGreaterThan(0);
      const pid = child.pid ?? 0;
      const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
        readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean),
      );
      expect(children).toHaveLength(1);
      expect(peak(pid)).toBeLessThan(most);
      expect(peak(Number(children[0]))).toBeLessThan(most);
    } finally {
      child.kill('SIGKILL');
    }
  },
  120_000,
);
