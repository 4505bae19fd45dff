import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { chooseKernel } from '../../src/kernel/choice.ts';
import { instructionSets, parseInstructionSets } from '../../src/kernel/instruction-set.ts';
import { nativeKernel, platformOf, thisPlatform } from '../../src/kernel/native.ts';

test.each([
  ['Linux x86_64\n', 'linux-x64'],
  ['Linux aarch64\n', 'linux-arm64'],
  ['Darwin arm64\n', 'darwin-arm64'],
  ['FreeBSD amd64\n', 'freebsd-x64'],
  ['Linux riscv64\n', undefined],
  ['', undefined],
  ['motd says hello', undefined],
])('uname %j is %s', (uname, platform) => {
  expect(platformOf(uname)).toBe(platform);
});

test('a list of instruction sets is read, what is none is not', () => {
  expect(parseInstructionSets('avx512 54000000\nsha-ni 20000000\n')).toEqual([
    { name: 'avx512', rate: 54_000_000 },
    { name: 'sha-ni', rate: 20_000_000 },
  ]);
  expect(parseInstructionSets('Illegal instruction\n\navx2 fast\n')).toEqual([]);
});

test('a machine that is too busy to time the instruction sets costs their timing, not the kernel', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cnd-kernel-'));
  const kernel = join(directory, 'kernel');
  const program = (timed: string) =>
    writeFileSync(kernel, `#!/bin/sh\n[ "$5" = 0 ] || ${timed}\necho swift 0\necho slow 0\n`, {
      mode: 0o755,
    });
  const limits = { timing: 200, list: 60_000 };
  try {
    program('exec sleep 100');
    expect(await instructionSets(kernel, 'hex-chain', 2, undefined, limits)).toEqual([
      { name: 'swift', rate: 0 },
      { name: 'slow', rate: 0 },
    ]);
    program('exit 4');
    const failing = instructionSets(kernel, 'hex-chain', 2, undefined, { ...limits, timing: 60_000 });
    await expect(failing).rejects.toThrow('exit code 4');
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('there is no kernel for a platform that nobody built it for', () => {
  expect(nativeKernel('plan9-mips')).toBeUndefined();
});

const puzzle = { scheme: 'hex-chain' } as const;

test('asked for python, nothing is timed and nothing warned', async () => {
  const choice = await chooseKernel({ kernel: 'python', puzzle }, { isThisMachine: true });
  expect(choice).toEqual({ rate: expect.any(Number) as number });
});

test('instances elsewhere choose for themselves', async () => {
  expect(await chooseKernel({ kernel: 'auto', puzzle }, {})).not.toHaveProperty('instructionSet');
});

test('of instances elsewhere only what they are is warned of, where that is known', async () => {
  const choice = await chooseKernel({ kernel: 'auto', puzzle }, {}, 'linux-riscv64');
  expect(choice.warning?.message).toMatch(/^there is no native kernel for linux-riscv64: pow\.py searches/);
  expect(choice.isMissing).toBe(true);
  const known = await chooseKernel({ kernel: 'auto', puzzle }, {}, thisPlatform);
  expect(known.warning === undefined).toBe(nativeKernel(thisPlatform) !== undefined);
});

test('on this machine the fastest instruction set is passed on, or what it costs to have none is told', async () => {
  const choice = await chooseKernel({ kernel: 'auto', puzzle }, { isThisMachine: true });
  const expected = nativeKernel(thisPlatform)
    ? { instructionSet: expect.stringMatching(/^[a-z0-9-]+$/) as string }
    : { warning: { message: expect.stringMatching(/times slower/) as string } };
  expect(choice).toMatchObject(expected);
});

test('a timing that is interrupted is no warning of a kernel that does not work', async () => {
  const signal = AbortSignal.abort(new Error('SIGINT'));
  const choosing = chooseKernel({ kernel: 'auto', puzzle }, { isThisMachine: true }, undefined, signal);
  if (nativeKernel(thisPlatform) === undefined) expect((await choosing).isMissing).toBe(true);
  else await expect(choosing).rejects.toThrow('SIGINT');
});

test('hosts whose processor nobody knows yet are not warned of a kernel that none of them may need', async () => {
  const built = ['linux-x64', 'linux-arm64'].some((platform) => nativeKernel(platform) !== undefined);
  const { warning } = await chooseKernel({ kernel: 'auto', puzzle }, {});
  expect(warning === undefined).toBe(built);
});

test('instruction sets are timed on the threads that search, and kept by their number', async () => {
  const native = nativeKernel(thisPlatform);
  const home = mkdtempSync(join(tmpdir(), 'cnd-cache-'));
  vi.stubEnv('XDG_CACHE_HOME', home);
  try {
    for (const threads of [1, undefined])
      await chooseKernel({ kernel: 'auto', puzzle }, { isThisMachine: true, threads });
    const cache = native ? readFileSync(join(home, 'cnd/kernel-timing.json'), 'utf8') : '{}';
    const timed = Object.keys(JSON.parse(cache) as object).map((key) => (JSON.parse(key) as unknown[])[4]);
    expect(timed).toEqual(native ? [...new Set([1, availableParallelism()])] : []);
  } finally {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true });
  }
});
