import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { bitcoinHeaders } from '../vector/bitcoin-header.ts';
import {
  digestOf,
  expectedLines,
  isRunning,
  KernelProcess,
  littleEndian,
  kernelArguments,
  randomSource,
  runKernel,
  until,
  type KernelPuzzle,
  type Outcome,
} from '../helper/kernel.ts';

export interface KernelUnderTest {
  /** How to start it, without arguments. */
  readonly command: readonly string[];
  /** Given with every puzzle, such as `--isa avx2`. */
  readonly extraArgs?: readonly string[];
  /** Starting it takes so long that what starts it hundreds of times has to do with fewer. */
  readonly isSlow?: boolean;
}

type Range = readonly [bigint, bigint];
type TextPuzzle = Extract<KernelPuzzle, { block: Buffer; unit: string }>;

const block = Buffer.from('COMSM0010cloud');
const max = 2n ** 64n - 1n;
const max32 = 2n ** 32n;

const hexChain = (difficulty: number): TextPuzzle => ({
  scheme: 'hex-chain',
  block,
  unit: 'digits',
  difficulty,
});
const hopeless = kernelArguments(hexChain(64));
const everything = kernelArguments(hexChain(0));
const two = kernelArguments(hexChain(2));

const digits = (d: string): string[] => ['--unit', 'digits', '--difficulty', d];

/** Around every change of a nonce's length, and at the end of the space. */
const lengths: Range[] = [
  [0n, 40n],
  ...Array.from({ length: 19 }, (_, power): Range => {
    const n = 10n ** BigInt(power + 1);
    return [n - (n < 21n ? 2n : 21n), n + 20n];
  }),
  [max - 41n, max],
];

/** The same for nonces in hexadecimal: fewer of them, for they change in the same way. */
const hexLengths: Range[] = [
  [0n, 40n],
  ...[1, 2, 3, 4, 5, 8, 12, 15].map((power): Range => [
    16n ** BigInt(power) - 9n,
    16n ** BigInt(power) + 20n,
  ]),
  [max - 41n, max],
];

const units = ['digits', 'bits', 'bits-lsb'] as const;

// Where a message of block and nonce, and its padding, come to fill one, two or three SHA-256 blocks.
const sizes = [0, 1, 14, 35, 43, 54, 55, 56, 63, 64, 65, 100, 109, 118, 119, 120, 127, 128, 183, 1000, 4096];

/** The contract of DESIGN.md, Kernel, against any command that claims to keep it. */
export function describeKernel(
  name: string,
  { command, extraArgs = [], isSlow = false }: KernelUnderTest,
): void {
  const argv = (args: readonly string[]): string[] => [...command, ...extraArgs, ...args];
  const live = new Set<KernelProcess>();
  const orphans = new Set<number>();

  const start = (args: readonly string[]): KernelProcess => {
    const kernel = new KernelProcess(argv(args));
    live.add(kernel);
    return kernel;
  };

  /** Both sides of a comparison: what the kernel says to these ranges, and what a right one says. */
  const compare = async (
    puzzle: KernelPuzzle,
    ranges: readonly Range[],
    near?: number,
  ): Promise<[Outcome, Outcome]> => {
    const input = ranges.map(([lo, hi]) => `${lo} ${hi}\n`).join('');
    const flags = near === undefined ? [] : ['--near', `${near}`];
    const got = await runKernel(argv([...kernelArguments(puzzle), ...flags]), input);
    return [got, { code: 0, lines: expectedLines(puzzle, ranges, near), stderr: '' }];
  };

  describe(`kernel contract: ${name}`, () => {
    afterEach(() => {
      for (const kernel of live) kernel.kill();
      live.clear();
      for (const pid of orphans) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
      orphans.clear();
    });

    describe('known answers', () => {
      it.each([
        [2, '0 117', 116n, '00a722b0e1eab12e68928824ce82e5bc7cec6740e6cd0d3ffbe63260badc53fa'],
        [5, '0 46698', 46697n, undefined],
        [6, '3720000 3730946', 3730945n, undefined],
      ])('hex-chain, D=%i', async (difficulty, range, nonce, known) => {
        const puzzle = hexChain(difficulty);
        const digest = digestOf(puzzle, nonce).toString('hex');
        expect(digest).toBe(known ?? digest);
        const got = await runKernel(argv(kernelArguments(puzzle)), `${range}\n`);
        expect(got.lines).toEqual([`hit ${nonce} ${digest}`, `done ${range}`]);
      });

      it('sha256d, D=20 bits-lsb', async () => {
        const puzzle: KernelPuzzle = { scheme: 'sha256d', block, unit: 'bits-lsb', difficulty: 20 };
        const got = await runKernel(argv(kernelArguments(puzzle)), '1074430000 1074435535\n');
        expect(got.lines).toEqual([
          'hit 1074435534 0000608a103c8c0966b6e7cefaea4efba26ed42c9b4cadcf030e3cc3b8c44a7d',
          'done 1074430000 1074435535',
        ]);
      });

      // What sha256sum says of COMSM0010cloud11081, of ca64! and of salt14064.
      it.each<[puzzle: KernelPuzzle, nonce: bigint, digest: string]>([
        [
          { scheme: 'sha256', block, unit: 'digits', difficulty: 4 },
          11081n,
          '0000c18462108bd3efbd4eca67ffcd4397c8ccabbc4163943c313a197c9e727e',
        ],
        [
          {
            scheme: 'sha256',
            before: Buffer.alloc(0),
            after: Buffer.from('!'),
            nonce: 'hex',
            pattern: 'suffix',
            digits: 'cafe',
          },
          51812n,
          'f5076a6339335581367511b449e30030a394696a588e3149c94b0535d0edcafe',
        ],
        [
          {
            scheme: 'sha256',
            before: Buffer.from('salt'),
            after: Buffer.alloc(0),
            nonce: 'decimal',
            pattern: 'digest',
            digits: '2026643aecddafb920e1d08c64be0bd611015d393b2e461e232aca8a64615d62',
          },
          14064n,
          '2026643aecddafb920e1d08c64be0bd611015d393b2e461e232aca8a64615d62',
        ],
      ])('sha256, %j', async (puzzle, nonce, digest) => {
        expect(digestOf(puzzle, nonce).toString('hex')).toBe(digest);
        const range = `${nonce > 9n ? nonce - 9n : 0n} ${nonce + 1n}`;
        const got = await runKernel(argv(kernelArguments(puzzle)), `${range}\n`);
        expect(got.lines.slice(-2)).toEqual([`hit ${nonce} ${digest}`, `done ${range}`]);
      });

      it('bitcoin, blocks of the chain', async () => {
        const every = isSlow ? 16 : 1;
        const some = bitcoinHeaders.filter((_, index) => index % every === 0);
        // Some nonces before it, so that all lanes have work.
        const rangeOf = (nonce: bigint): Range => [nonce > 40n ? nonce - 40n : 0n, nonce + 1n];
        const input = some.map(({ header, target, nonce }) =>
          [header.toString('hex'), target, ...rangeOf(nonce)].join(' '),
        );
        // One shell starts them all: a kernel has one header.
        const loop =
          'while read -r header target range; do echo $range | "$@" --scheme bitcoin --header $header --target $target; done';
        const got = await runKernel(['sh', '-c', loop, 'sh', ...argv([])], `${input.join('\n')}\n`);
        const right = some.map(({ header, target, nonce }) => {
          const lines = expectedLines({ scheme: 'bitcoin', header, target }, [rangeOf(nonce)]);
          expect(lines.at(-2)).toMatch(new RegExp(`^hit ${nonce} `));
          return lines;
        });
        expect(got).toEqual({ code: 0, stderr: '', lines: right.flat() });
      });

      it('bitcoin, the genesis block', async () => {
        const merkle = '3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a';
        const header = Buffer.from(`01000000${'00'.repeat(32)}${merkle}29ab5f49ffff001d00000000`, 'hex');
        const target = `00000000ffff${'00'.repeat(26)}`;
        const puzzle: KernelPuzzle = { scheme: 'bitcoin', header, target };
        const got = await runKernel(argv(kernelArguments(puzzle)), '2083230000 2083240000\n');
        const id = '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f';
        expect(got.lines).toEqual([
          `hit 2083236893 ${littleEndian(Buffer.from(id, 'hex'))}`,
          'done 2083230000 2083240000',
        ]);
      });
    });

    describe('agrees with OpenSSL', () => {
      const random = randomSource(20261120);
      const randomBytes = (size: number): Buffer =>
        Buffer.from(Array.from({ length: size }, () => random(256)));
      const randomBelow = (limit: bigint): bigint => {
        const digits = Array.from({ length: 1 + random(20) }, () => random(10)).join('');
        return BigInt(digits) % limit;
      };
      const randomRange = (limit: bigint, size: number): Range => {
        const lo = randomBelow(limit - BigInt(size));
        return [lo, lo + BigInt(random(size))];
      };
      const mostHits = { digits: 3, bits: 9, 'bits-lsb': 11 };

      for (const scheme of ['hex-chain', 'sha256d'] as const)
        for (const unit of units)
          it(`${scheme}, ${unit}: every nonce length, blocks of 0 to 4096 bytes`, async () => {
            for (const size of [...sizes, random(4097), random(200)]) {
              const difficulty = random(mostHits[unit]);
              const [got, right] = await compare({ scheme, block: randomBytes(size), unit, difficulty }, [
                ...lengths,
                randomRange(max, size > 500 ? 50 : 500),
              ]);
              expect(got).toEqual(right);
            }
          });

      it('sha256: every nonce length, blocks of 0 to 4096 bytes', async () => {
        for (const [index, size] of sizes.entries()) {
          const unit = units[index % units.length] ?? 'bits';
          const difficulty = random(mostHits[unit]);
          const ranges = [...lengths, randomRange(max, size > 500 ? 50 : 500)];
          const [got, right] = await compare(
            { scheme: 'sha256', block: randomBytes(size), unit, difficulty },
            ranges,
          );
          expect(got).toEqual(right);
        }
      });

      it('any text around decimal and hexadecimal nonces, digits at either end of the digest', async () => {
        const schemes = ['hex-chain', 'sha256d', 'sha256'] as const;
        const patterns = ['prefix', 'suffix', 'digest'] as const;
        // Every pair of a scheme and a pattern, with decimal and with hexadecimal nonces, and the sizes in turn.
        for (let turn = 0; turn < 18; turn++) {
          const text = randomBytes(sizes[(turn * 5) % (sizes.length - 2)] ?? 0);
          const at = turn % 4 === 0 ? text.length : random(text.length + 1);
          const [scheme, pattern] = [
            schemes[turn % 3] ?? 'sha256',
            patterns[Math.floor(turn / 3) % 3] ?? 'prefix',
          ];
          const nonce = turn < 9 ? 'hex' : 'decimal';
          const around = { scheme, before: text.subarray(0, at), after: text.subarray(at), nonce } as const;
          const real = digestOf({ ...around, pattern, digits: '' }, 4096n).toString('hex');
          const count = 1 + random(3);
          const digits = { prefix: real.slice(0, count), suffix: real.slice(-count), digest: real }[pattern];
          const [got, right] = await compare({ ...around, pattern, digits }, [
            ...(nonce === 'hex' ? hexLengths : lengths),
            [4000n, 4200n],
          ]);
          expect(got).toEqual(right);
          expect(right.lines.some((line) => line.startsWith('hit 4096 '))).toBe(true);
        }
      });

      it.each(['hex-chain', 'sha256d'] as const)('%s: long ranges over many carries', async (scheme) => {
        const puzzle: KernelPuzzle = { scheme, block, unit: 'bits', difficulty: 8 };
        const [got, right] = await compare(puzzle, [
          [99_991_234n, 100_012_345n],
          [9_999_999_990_001n, 10_000_000_010_007n],
        ]);
        expect(got).toEqual(right);
      });

      it.each([
        ['digits', 64],
        ['bits', 256],
        ['bits-lsb', 256],
      ] as const)('the highest difficulty in %s', async (unit, difficulty) => {
        const [got, right] = await compare({ scheme: 'sha256d', block, unit, difficulty }, [[0n, 5000n]]);
        expect(got).toEqual(right);
      });

      it('bitcoin: random headers and targets, to the end of the space', async () => {
        for (const top of ['ff', '80', '7f', '10', '00ff', '0000ff', '00']) {
          const [got, right] = await compare(
            { scheme: 'bitcoin', header: randomBytes(80), target: top.padEnd(64, top === '00' ? '0' : 'f') },
            [
              [0n, 600n],
              [65_300n, 65_800n],
              [16_777_000n, 16_777_400n],
              randomRange(max32, 900),
              [max32 - 300n, max32],
            ],
          );
          expect(got).toEqual(right);
        }
      });

      it('bitcoin: a digest equal to the target is golden, one above is not', async () => {
        const header = randomBytes(80);
        const nonce = 77_777n;
        const digest = digestOf({ scheme: 'bitcoin', header, target: '' }, nonce);
        const exact = BigInt(`0x${littleEndian(digest)}`);
        for (const target of [exact, exact - 1n, exact + 1n]) {
          const hex = target.toString(16).padStart(64, '0');
          const [got, right] = await compare({ scheme: 'bitcoin', header, target: hex }, [
            [nonce - 5n, nonce + 5n],
          ]);
          expect(got).toEqual(right);
        }
      });
    });

    describe('near-hits', () => {
      const ranges: Range[] = [
        [0n, 1200n],
        [99_990n, 100_700n],
        [max32 - 900n, max32],
      ];
      const header = Buffer.alloc(80, 7);
      const text = (scheme: TextPuzzle['scheme'], unit: TextPuzzle['unit']): TextPuzzle => {
        return { scheme, block, unit, difficulty: unit === 'digits' ? 2 : 8 };
      };
      const bitcoin = (target: string): KernelPuzzle => {
        return { scheme: 'bitcoin', header, target: target.padEnd(64, '0') };
      };
      // All have puzzles of about 8 bits: near-hits are those that are not golden, none where the puzzle is easier.
      it.each<[name: string, puzzle: KernelPuzzle]>([
        ['hex-chain, digits', text('hex-chain', 'digits')],
        ['hex-chain, bits-lsb', text('hex-chain', 'bits-lsb')],
        ['sha256d, bits', text('sha256d', 'bits')],
        ['sha256, digits', text('sha256', 'digits')],
        ['sha256d, a prefix', { scheme: 'sha256d', block, pattern: 'prefix', digits: 'c9' }],
        ['sha256, a suffix', { scheme: 'sha256', block, pattern: 'suffix', digits: '9c' }],
        ['bitcoin', bitcoin('00ff')],
        ['bitcoin, a target that is no power of two', bitcoin('0177')],
      ])('%s: harder, as hard or easier than the puzzle', async (_, puzzle) => {
        for (const bits of [0, 5, 8, 9]) {
          const [got, right] = await compare(puzzle, ranges, bits);
          expect(got).toEqual(right);
          const some = right.lines.some((line) => line.startsWith('near '));
          if (bits !== 8) expect(some).toBe(bits < 8);
        }
      });

      it('of a puzzle out of reach, far beyond the first word too', async () => {
        for (const bits of [11, 256]) {
          const [got, right] = await compare(hexChain(64), [[0n, 9000n]], bits);
          expect(got).toEqual(right);
        }
      });
    });

    describe('as a filter', () => {
      it('ends with 0 at the end of input', async () => {
        expect(await runKernel(argv(two), '')).toEqual({ code: 0, lines: [], stderr: '' });
      });

      it('says just done to empty ranges, anywhere', async () => {
        const got = await runKernel(argv(everything), `0 0\n5 5\n${max} ${max}\n`);
        expect(got).toEqual({ code: 0, lines: ['done 0 0', 'done 5 5', `done ${max} ${max}`], stderr: '' });
      });

      it('answers a range while its input stays open, and says a hit before the range ends', async () => {
        const kernel = start(two);
        kernel.send('0 100');
        expect(await kernel.line()).toBe('done 0 100');
        kernel.send(`100 ${max}`);
        expect(await kernel.line()).toMatch(/^hit 116 00a722b0/);
        expect(kernel.child.exitCode).toBeNull();
      });

      it('lists its instruction sets, the fastest first, and each of them finds the same', async () => {
        for (const scheme of ['hex-chain', 'sha256d', 'sha256', 'bitcoin']) {
          const got = await runKernel([...command, '--list', '--scheme', scheme], '');
          const rates = got.lines.map((line) => Number(/^\S+ ([1-9]\d*)$/.exec(line)?.[1]));
          expect(rates.length).toBeGreaterThan(0);
          expect(rates).toEqual(rates.toSorted((a, b) => b - a));
        }
        const got = await runKernel([...command, '--list'], '');
        for (const line of got.lines) {
          const isa = line.split(' ', 1);
          const { lines } = await runKernel([...command, ...two, '--isa', ...isa], '0 120\n');
          expect(lines.at(0)).toMatch(/^hit 116 /);
        }
      });

      it('with D=0 says every nonce, in bounded memory', async () => {
        const kernel = start(everything);
        let count = 0;
        const finish = async (range: string): Promise<number> => {
          kernel.send(range);
          for (let line = await kernel.line(); line !== `done ${range}`; line = await kernel.line()) {
            if (!line?.startsWith(`hit ${count} `)) throw new Error(`not nonce ${count}: ${line}`);
            count++;
          }
          return Number.parseInt(kernel.status('VmHWM'), 10);
        };
        const before = await finish('0 5000');
        const after = await finish('5000 200000');
        expect(count).toBe(200_000);
        expect(after - before).toBeLessThan(4096); // kB; what it said is 15 MB
      });
    });

    describe('ends by itself', () => {
      const seconds = ['--seconds', '0.4'];

      it.each([
        ['inside a long range', [...hopeless, ...seconds], `0 ${max}`],
        ['while it waits for input', [...hopeless, ...seconds], '0 1'],
        ['when nobody reads what it says', [...everything, ...seconds], `0 ${max}`],
      ])('after its seconds, %s', async (_, args, range) => {
        const started = performance.now();
        const kernel = start(args);
        kernel.send(range);
        await once(kernel.child, 'exit');
        expect(kernel.child.exitCode).toBe(0);
        expect(performance.now() - started).toBeGreaterThan(390);
        expect(performance.now() - started).toBeLessThan(5000);
        expect(kernel.stderr).toBe('');
      });

      it('quietly when its stdout is closed', async () => {
        const kernel = start(everything);
        kernel.send(`0 ${max}`);
        await once(kernel.child.stdout, 'readable');
        kernel.child.stdout.destroy();
        await once(kernel.child, 'exit');
        expect(kernel.stderr).toBe('');
      });

      it.each([
        ['inside a long range', `0 ${max}`],
        ['while it waits for input', '0 1'],
      ])('when its parent is killed, %s', async (_, range) => {
        // The shell is the parent; the kernel's own input stays open, held by this test.
        const script = '"$@" <&3 & echo $!; wait';
        const parent = spawn('sh', ['-c', script, 'sh', ...argv(hopeless)], {
          stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
        });
        const [stdout, input] = [parent.stdio[1], parent.stdio[3]];
        if (!stdout || !input || !('write' in input)) throw new Error('no pipes');
        const lines = createInterface({ input: stdout });
        const pid = Number(String(await once(lines, 'line')));
        orphans.add(pid);
        input.write(`0 0\n${range}\n`);
        await once(lines, 'line');
        expect(isRunning(pid)).toBe(true);
        parent.kill('SIGKILL');
        await once(lines, 'close'); // nobody holds the other end any more
        await until('the kernel is gone', () => !isRunning(pid));
      });
    });

    describe('refuses with one line and 2', () => {
      const header = '00'.repeat(80);
      const text = ['--scheme', 'hex-chain', '--block-hex', 'ab'];
      const bitcoin = ['--scheme', 'bitcoin', '--header', header];
      const target = ['--target', 'ff'.repeat(32)];

      it.each([
        ['--scheme', []],
        ['--scheme', ['--block-hex', 'ab', ...digits('2')]],
        ['--scheme', ['--scheme', 'md5', '--block-hex', 'ab', ...digits('2')]],
        ['--difficulty', [...text, '--unit', 'digits', '--difficulty']],
        ['--block-hex', ['--scheme', 'sha256d', ...digits('2')]],
        ['--block-hex', ['--scheme', 'sha256d', '--block-hex', 'abc', ...digits('2')]],
        ['--block-hex', ['--scheme', 'sha256d', '--block-hex', 'zz', ...digits('2')]],
        ['--block-hex', ['--scheme', 'sha256d', '--block-hex', 'ab cd', ...digits('2')]],
        ['--block-hex', ['--scheme', 'sha256d', '--block-hex', '00'.repeat(4097), ...digits('2')]],
        ['--unit', [...text, '--difficulty', '2']],
        ['--unit', [...text, '--unit', 'nibbles', '--difficulty', '2']],
        ['--difficulty', [...text, '--unit', 'digits']],
        ...['-1', '1.5', '', 'x', '65', '0x2', '1e1', '99999999999999999999'].map(
          (d) => ['--difficulty', [...text, ...digits(d)]] as [string, string[]],
        ),
        ['--difficulty', [...text, '--unit', 'bits', '--difficulty', '257']],
        ['--difficulty', [...text, ...digits('2'), '--difficulty', '2']],
        ['--unit', [...text, '--unit', 'digits', '--prefix', 'ab']],
        ['--suffix', [...text, ...digits('2'), '--suffix', 'ab']],
        ['--digest', [...text, '--prefix', 'ab', '--digest', 'ab'.repeat(32)]],
        ['--prefix', [...text, '--prefix', '']],
        ['--prefix', [...text, '--prefix', 'a'.repeat(65)]],
        ['--suffix', [...text, '--suffix', '0x1']],
        ['--digest', [...text, '--digest', 'a'.repeat(63)]],
        ['--block-hex', [...text, ...digits('2'), '--nonce', 'hex']],
        ['--after-hex', ['--scheme', 'sha256', '--before-hex', '', '--nonce', 'hex', ...digits('2')]],
        ['--nonce', ['--scheme', 'sha256', '--before-hex', '', '--after-hex', '', ...digits('2')]],
        [
          '--nonce',
          ['--scheme', 'sha256', '--before-hex', '', '--after-hex', '', '--nonce', 'octal', ...digits('2')],
        ],
        [
          '--after-hex',
          [
            '--scheme',
            'sha256',
            '--before-hex',
            '00',
            '--after-hex',
            '00'.repeat(4096),
            '--nonce',
            'hex',
            ...digits('2'),
          ],
        ],
        ['--prefix', [...bitcoin, ...target, '--prefix', 'ab']],
        ['--header', [...text, ...digits('2'), '--header', header]],
        ['--target', [...text, ...digits('2'), ...target]],
        ['--header', ['--scheme', 'bitcoin', ...target]],
        ['--header', ['--scheme', 'bitcoin', '--header', '00'.repeat(79), ...target]],
        ['--target', bitcoin],
        ['--target', [...bitcoin, '--target', 'f'.repeat(63)]],
        ['--target', [...bitcoin, '--target', 'g'.repeat(64)]],
        ['--unit', [...bitcoin, ...target, '--unit', 'bits']],
        ['--difficulty', [...bitcoin, ...target, '--difficulty', '2']],
        ['--block-hex', [...bitcoin, ...target, '--block-hex', '00']],
        ...['-1', '257', '', 'x', '1.5'].map(
          (bits) => ['--near', [...two, '--near', bits]] as [string, string[]],
        ),
        ['--near', [...two, '--near', '3', '--near', '3']],
        ['--speed', [...two, '--speed', '9']],
        ['fast', [...two, 'fast']],
        ['--isa', [...two.slice(0, 2), '--isa', 'abacus', ...two.slice(2)]],
        ...['x', '', '-1', 'nan'].map((s) => ['--seconds', [...two, '--seconds', s]] as [string, string[]]),
      ] as [string, string[]][])('%s: %j', async (field, args) => {
        const given = args.includes('--isa') ? [...command, ...args] : argv(args);
        const kernel = new KernelProcess(given);
        live.add(kernel);
        // Its input is open: it must not wait for it.
        expect(await kernel.line()).toBeUndefined();
        expect(await kernel.closed).toBe(2);
        expect(kernel.stderr).toMatch(/^[^\n]+\n$/);
        expect(kernel.stderr).toContain(field);
      });

      it.each([
        '5 4',
        'x',
        '',
        '7',
        '1 2 3',
        '-1 5',
        '+1 5',
        '1.5 2',
        '0x1 5',
        '1e3 2000',
        ' 1 2',
        '1  2',
        '1\t2',
        '1_0 20',
        '1 2\r',
        '١ 2',
        '1 18446744073709551616',
        '18446744073709551616 18446744073709551617',
        '9'.repeat(50_000),
      ])('the line %j, after answering the one before', async (line) => {
        const got = await runKernel(argv(hopeless), `0 1\n${line}\n`);
        expect(got.lines).toEqual(['done 0 1']);
        expect(got.stderr).toMatch(/^[^\n]+\n$/);
        expect(got.code).toBe(2);
      });

      it('a bitcoin nonce beyond 32 bits', async () => {
        const got = await runKernel(argv([...bitcoin, ...target]), '0 4294967297\n');
        expect(got).toMatchObject({ code: 2, lines: [] });
        expect(got.stderr).toMatch(/^[^\n]*4294967297[^\n]*\n$/);
      });
    });
  });
}
