import { execFileSync, spawnSync } from 'node:child_process';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Unframed, exitOf, framedCommand, makeFrame } from '../../src/session/frame.ts';
import type { Exit } from '../../src/session/session.ts';

const frame = makeFrame();

async function unframe(chunks: readonly Buffer[]) {
  let begun = 0;
  const exits: Exit[] = [];
  const unframed = new Unframed(frame, { begun: () => (begun += 1), ended: (exit) => exits.push(exit) });
  const output = await buffer(Readable.from(chunks).pipe(unframed));
  return { output, begun, exits, before: unframed.before };
}

/** Noise that may look like the beginning of a marker. */
const noise = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      // Not all but its last byte, which is the first of what follows: nobody else knows the word.
      fc.nat(frame.begin.length - 2).map((length) => Buffer.from(frame.begin.slice(0, length))),
      fc.nat(frame.end.length - 1).map((length) => Buffer.from(frame.end.slice(0, length))),
    ),
    { maxLength: 4 },
  )
  .map((parts) => Buffer.concat(parts));

describe('a frame', () => {
  it('gives what is within it, whatever is around it and wherever it is cut', async () => {
    const cuts = fc.array(fc.nat(200), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        noise,
        noise,
        noise,
        fc.nat(255),
        cuts,
        async (before, within, after, code, places) => {
          const whole = Buffer.concat([
            before,
            Buffer.from(frame.begin),
            within,
            Buffer.from(`${frame.end}${code}\x1e`),
            after,
          ]);
          const borders = [0, ...places.filter((place) => place < whole.length), whole.length];
          borders.sort((a, b) => a - b);
          const chunks = borders.slice(1).map((to, index) => whole.subarray(borders[index], to));
          const { output, begun, exits } = await unframe(chunks);
          expect({ output: output.toString('hex'), begun, exits }).toEqual({
            output: within.toString('hex'),
            begun: 1,
            exits: [exitOf(code)],
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('that never begins gives nothing, and keeps what was said', async () => {
    const { output, begun, exits, before } = await unframe([
      Buffer.from('This account is '),
      Buffer.from('closed'),
    ]);
    expect({ length: output.length, begun, exits, before }).toEqual({
      length: 0,
      begun: 0,
      exits: [],
      before: 'This account is closed',
    });
  });

  it('that does not end gives what came, and no exit', async () => {
    const { output, exits } = await unframe([Buffer.from(`${frame.begin}half\x1ecnd`)]);
    expect({ output: output.toString(), exits }).toEqual({ output: 'half\x1ecnd', exits: [] });
  });

  it('holds nothing back of a line', async () => {
    const unframed = new Unframed(frame);
    unframed.write(`${frame.begin}{"event":"hit"}\n`);
    expect(String(unframed.read())).toBe('{"event":"hit"}\n');
  });
});

describe('framedCommand', () => {
  it('brings any command through sh as it is', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', ' ', "'", '"', '\\', '!', '\n', '$', '`', '%', '0', 'ä', ';'),
    });
    fc.assert(
      fc.property(text, (word) => {
        const quoted = `printf %s '${word.replaceAll("'", String.raw`'\''`)}'`;
        const line = framedCommand(quoted, frame);
        expect(line).not.toMatch(/[\n!]|\\(?!0)/);
        const stdout = execFileSync('/bin/sh', ['-c', line], { stdio: ['ignore', 'pipe', 'ignore'] });
        expect(stdout.toString()).toBe(`${frame.begin}${word}${frame.end}0\x1e`);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['true', ''],
    ['echo "$$"; exec sh -c "echo \\$\\$"', /^(\d+)\n\1\n$/],
    ['exit 7', ''],
    ['x=1; exec echo "it\'s $x"', "it's 1\n"],
    ['echo ${0##*/} $#', 'sh 0\n'],
  ])('%s means what it means to a shell of its own', (command, output) => {
    const run = (line: string) => spawnSync('/bin/sh', ['-c', line], { encoding: 'utf8' });
    const { stdout } = run(framedCommand(command, frame));
    const [, within = '', code] =
      new RegExp(`^${frame.begin.replace('+', '[+]')}([^]*)${frame.end}(\\d+)\x1e$`).exec(stdout) ?? [];
    expect(within).toMatch(output instanceof RegExp ? output : new RegExp(`^${output}$`));
    expect(Number(code)).toBe(run(command).status);
  });

  it('tells signals from exit codes as a shell does', () => {
    expect([exitOf(0), exitOf(127), exitOf(137), exitOf(255)]).toEqual([
      { code: 0, signal: null },
      { code: 127, signal: null },
      { code: null, signal: 'SIGKILL' },
      { code: 255, signal: null },
    ]);
  });
});
