import { execFileSync } from 'node:child_process';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { shell } from '../../src/session/shell.ts';
import { quote } from '../../src/text.ts';

/** What a real shell makes of a command line's words, by a program that prints them apart. */
function words(line: string): string[] {
  return execFileSync('/bin/sh', ['-c', line]).toString().split('\0').slice(0, -1);
}

const awkward = Array.from('\'"\\$`!*?[]{}()<>|&;~#=% \t\nab-');

describe('quote', () => {
  it('leaves plain words readable', () => {
    expect(quote('/opt/cnd/agent.py')).toBe('/opt/cnd/agent.py');
    expect(quote('--T=5')).toBe("'--T=5'");
    expect(quote('')).toBe("''");
    expect(quote("it's")).toBe(String.raw`'it'\''s'`);
  });

  it('hides the words of the grammar', () => {
    for (const word of ['if', 'done', '{', '!', '~', 'A=b', '#']) expect(quote(word)).toBe(`'${word}'`);
  });

  it('refuses a NUL', () => {
    expect(() => quote('a\0b')).toThrow(expect.objectContaining({ code: 'shell-word' }));
  });

  it('brings any words through /bin/sh unchanged', () => {
    const word = fc
      .oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...awkward) }))
      .filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (list) => {
        expect(words(shell`printf '%s\\0' ${list}`)).toEqual(list);
      }),
      { numRuns: 60 },
    );
  });
});

describe('shell', () => {
  it('quotes what is put in and leaves the rest to the shell', () => {
    expect(shell`cd ${'/tmp/a b'} && exec python3 ${['-S', '$x']} -n ${3} >${'out'}`).toBe(
      `cd '/tmp/a b' && exec python3 -S '$x' -n 3 >out`,
    );
  });

  it('nests', () => {
    expect(words(shell`/bin/sh -c ${shell`printf '%s\\0' ${"a'b"}`}`)).toEqual(["a'b"]);
  });
});
