import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { outputOf } from '../src/subprocess.ts';
import { eventually } from './helper/process.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cnd-child-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A shell that ignores SIGTERM, as does its child, and notes both their pids. */
const stubborn = (pids: string): string =>
  `trap '' TERM; sh -c 'echo $$; sleep 99' >>${pids} & echo $$ >>${pids}; while :; do sleep 99; done`;

async function pidsIn(file: string): Promise<number[]> {
  const read = (): number[] | false => {
    const pids = readFileSync(file, { encoding: 'utf8', flag: 'a+' }).trim().split('\n').map(Number);
    return pids.length === 2 && pids;
  };
  return eventually('two pids', read);
}

async function expectDead(pids: readonly number[]): Promise<void> {
  await eventually('the process group is dead', () =>
    pids.every((pid) => {
      try {
        return /^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      } catch {
        return true;
      }
    }),
  );
}

test('the output of a program is what it writes to stdout', async () => {
  expect(await outputOf('sh', ['-c', 'echo out; echo err >&2'], { timeout: 10_000 })).toBe('out\n');
});

test('a program that fails says how, in its own last words', async () => {
  const failing = outputOf('sh', ['-c', 'echo first >&2; echo last words >&2; exit 7'], { timeout: 10_000 });
  await expect(failing).rejects.toThrow('failed with exit code 7: last words');
  await expect(outputOf(join(folder, 'none'), [], { timeout: 10_000 })).rejects.toThrow('ENOENT');
});

test('a program that ignores SIGTERM is killed with its children when its time is over', async () => {
  const pids = join(folder, 'pids');
  const late = outputOf('sh', ['-c', stubborn(pids)], { timeout: 1500 });
  await expect(late).rejects.toThrow('timed out after 1.5 s');
  await expectDead(await pidsIn(pids));
});

test('an abort kills it, and nobody waits for it', async () => {
  const pids = join(folder, 'pids');
  const controller = new AbortController();
  const { signal } = controller;
  const stopped = outputOf('sh', ['-c', stubborn(pids)], { timeout: 60_000, signal });
  const both = await pidsIn(pids);
  controller.abort(new Error('enough'));
  await expect(stopped).rejects.toThrow('enough');
  await expectDead(both);
  await expect(outputOf('true', [], { timeout: 60_000, signal })).rejects.toThrow('enough');
});

test('a program that says too much is killed', async () => {
  const endless = outputOf('yes', [], { timeout: 60_000, maxOutput: 1000 });
  await expect(endless).rejects.toThrow('wrote more than 1000 bytes');
});
