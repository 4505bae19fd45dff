import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { instructionSets } from '../../src/kernel/instruction-set.ts';
import { schemes } from '../../src/puzzle/puzzle.ts';
import { kernelArguments, python } from '../helper/kernel.ts';
import { builtKernel, qemuArm64 } from '../helper/native-kernel.ts';

// What only the native kernel promises; what every kernel does is in test/contract/kernel.ts.

const run = promisify(execFile);
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const x64 = process.arch === 'x64' && process.platform === 'linux' ? builtKernel('linux-x64') : undefined;
const arm64 = builtKernel('linux-arm64');
const qemu = arm64 === undefined ? undefined : qemuArm64();
const sanitized = builtKernel('sanitize');

describe.skipIf(x64 === undefined)('on this machine', () => {
  const kernel = x64 ?? '';

  test('a million random nonces by every instruction set agree with hashlib', async () => {
    const { stdout } = await run(python, [script('differential.py'), '--nonces', '1050000', kernel], {
      timeout: 120_000,
    });
    expect(stdout).toMatch(/^ok: \d{7,} nonces, \d+ hits, .* each by \d+ instruction sets/m);
  }, 150_000);

  test.each(schemes)('--list tells what can run, fastest first, for %s', async (scheme) => {
    const sets = await instructionSets(kernel, scheme, 2);
    const rates = sets.map(({ rate }) => rate);
    expect(sets.map(({ name }) => name)).toContain('portable');
    expect(rates).toEqual(rates.toSorted((a, b) => b - a));
    expect(Math.min(...rates)).toBeGreaterThan(10_000);
  });

  test('--list times as many threads at once as it is told, and lists the same', async () => {
    const names = async (threads: number) => {
      const sets = await instructionSets(kernel, 'sha256d', threads);
      return sets.map(({ name }) => name).toSorted();
    };
    expect(await names(3)).toEqual(await names(1));
    const list = (...args: string[]) => run(kernel, ['--list', ...args]);
    for (const bad of ['-1', '1025', 'two'])
      await expect(list('--threads', bad)).rejects.toMatchObject({
        code: 2,
        stderr: expect.stringContaining('0 to 1024'),
      });
    const untimed = (await list('--threads', '0')).stdout.trim().split('\n');
    expect(untimed.every((line) => line.endsWith(' 0'))).toBe(true);
    expect(untimed.map((line) => line.replace(/ 0$/, '')).toSorted()).toEqual(await names(1));
    expect(untimed.at(-1)).toBe('portable 0');
    await expect(run(kernel, ['--threads', '2'])).rejects.toMatchObject({ code: 2 });
  });

  test('of each instruction set that runs here its variants are offered', async () => {
    const names = new Set((await instructionSets(kernel, 'hex-chain', 1)).map(({ name }) => name));
    const has = (...sets: string[]) => sets.every((set) => names.has(set));
    expect(has('avx2-1')).toBe(has('avx2'));
    expect(has('sha-ni-2')).toBe(has('sha-ni', 'avx2'));
    expect(has('avx512-1')).toBe(has('avx512'));
    expect(has('avx512-sha')).toBe(has('avx512', 'sha-ni'));
  });

  test('an instruction set that this processor lacks is refused, naming those it has', async () => {
    const refused = run(kernel, [
      '--scheme',
      'hex-chain',
      '--block-hex',
      '',
      '--unit',
      'digits',
      '--difficulty',
      '1',
      '--isa',
      'neon',
    ]);
    await expect(refused).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(/neon.*portable/) });
  });

  test('memory stays under 4 MB, with the longest block and every nonce golden', async () => {
    const block = Buffer.alloc(4096, 'x');
    for (const { name } of await instructionSets(kernel, 'hex-chain', 1)) {
      const args = kernelArguments({ scheme: 'hex-chain', block, unit: 'digits', difficulty: 0 });
      const child = spawn(kernel, [...args, '--isa', name], { stdio: ['pipe', 'pipe', 'inherit'] });
      child.stdin.write('0 30000\n9999 9999\n');
      let tail = '';
      for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
        tail = (tail + chunk.toString()).slice(-100);
        if (tail.endsWith('done 9999 9999\n')) break;
      }
      const [, peak] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
      const exit = once(child, 'exit');
      child.stdin.end();
      await exit;
      expect(Number(peak)).toBeLessThan(4096);
    }
  });
});

test.skipIf(qemu === undefined)(
  'arm64: NEON and the SHA-2 instructions agree with hashlib, under qemu',
  async () => {
    const command = [...(qemu ?? []), arm64].join(' ');
    const { stdout } = await run(python, [script('differential.py'), '--nonces', '30000', command], {
      timeout: 120_000,
    });
    expect(stdout).toMatch(/armv8-sha2/);
    expect(stdout).toMatch(/^ok: .* each by 3 instruction sets/m);
  },
  150_000,
);

test.skipIf(sanitized === undefined)(
  'arguments, lines and ranges, fuzzed against the sanitized build',
  async () => {
    const { stdout } = await run(python, [script('fuzz.py'), '--seconds', '20', sanitized ?? ''], {
      timeout: 120_000,
    });
    expect(stdout).toMatch(/^ok: \d+ rounds/m);
  },
  150_000,
);

test.each([x64, arm64].filter((path) => path !== undefined))('%s is small enough to upload', (path) => {
  expect(statSync(path).mode & 0o111).not.toBe(0);
  expect(gzipSync(readFileSync(path), { level: 9 }).length).toBeLessThan(165_000);
});
