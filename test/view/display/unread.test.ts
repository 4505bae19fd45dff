import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { eventually } from '../../helper/process.ts';

const display = fileURLToPath(new URL('../../../dist-module/view/display/display.js', import.meta.url));

/** Megabytes that either process may need at most: what waits is bounded, not all that came. */
const most = 300;

/** A controller that tells so many megabytes of progress to a display whose stdout is a pipe that nobody reads, and does something then. */
const controller = (fed: number, then: string): string => `
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
${then};
process.stderr.write(\`fed \${dropped}\\n\`);
setInterval(() => {}, 1000);
`;

/** The processes that a process has started and not waited for. */
const childrenOf = (pid: number): number[] =>
  readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
  );

/** The highest resident set of a process so far, in MB. */
const peak = (pid: number): number =>
  Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

const isLinux = process.platform === 'linux';

/** Runs a controller whose stdout nobody reads, and calls `look` once it has told everything; `heard` has what it said. */
async function unread(
  script: string,
  look: (pid: number, heard: () => string) => Promise<void>,
): Promise<void> {
  // Node would read a pipe of its own ahead, and to its end once the child is gone.
  const reader = spawn('sleep', ['300'], { stdio: ['pipe', 'ignore', 'ignore'] });
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', reader.stdin, 'pipe'],
  });
  try {
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await eventually('all is told', () => /^fed \d+$/m.test(said));
    await look(child.pid ?? 0, () => said);
  } finally {
    child.kill('SIGKILL');
    reader.kill();
  }
}

test.runIf(isLinux)(
  'a pipe that nobody reads costs neither process more memory than its queues may take',
  () =>
    unread(controller(1000, ''), async (pid, heard) => {
      expect(Number(/\d+/.exec(heard())?.[0])).toBeGreaterThan(0);
      const [shown = 0, ...more] = childrenOf(pid);
      expect(more).toEqual([]);
      expect(peak(pid)).toBeLessThan(most);
      expect(peak(shown)).toBeLessThan(most);
    }),
  120_000,
);

/** What a controller does that closes its display when it is told to, and says so once that is under way. */
const closing = `process.once('SIGUSR2', () => {
  void shown.close();
  setImmediate(() => setImmediate(() => process.stderr.write('closing\\n')));
})`;

test.runIf(isLinux)('a display ends when its controller is killed while it waits for the last lines', () =>
  unread(controller(1, closing), async (pid, heard) => {
    const [shown = 0] = childrenOf(pid);
    await eventually('the display has started', () =>
      readFileSync(`/proc/${shown}/cmdline`, 'utf8').startsWith('cnd display'),
    );
    process.kill(pid, 'SIGUSR2');
    await eventually('it is to end', () => heard().includes('closing'));
    process.kill(pid, 'SIGKILL');
    await expect(eventually('the display is gone', () => !existsSync(`/proc/${shown}`))).resolves.toBe(true);
  }),
);
