import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/error.ts';
import { makePuzzle, type PuzzleDefinition } from '../../src/puzzle/definition.ts';
import { genesisHeader } from './example.ts';

describe('makePuzzle', () => {
  it('applies the defaults of each scheme', () => {
    const block = 'COMSM0010cloud';
    expect(makePuzzle({ difficulty: 2 })).toEqual({
      scheme: 'hex-chain',
      block,
      unit: 'digits',
      difficulty: 2,
    });
    expect(makePuzzle({ scheme: 'sha256d', difficulty: 20 })).toEqual({
      scheme: 'sha256d',
      block,
      unit: 'bits',
      difficulty: 20,
    });
  });

  it('takes texts and goals of other kinds, the scheme’s own template as none', () => {
    expect(makePuzzle({ scheme: 'sha256', difficulty: 2 })).toEqual({
      scheme: 'sha256',
      block: 'COMSM0010cloud',
      unit: 'digits',
      difficulty: 2,
    });
    expect(makePuzzle({ scheme: 'sha256', template: '{block}{nonce}', block: 'b', prefix: 'CAFE' })).toEqual({
      scheme: 'sha256',
      block: 'b',
      prefix: 'cafe',
    });
    expect(makePuzzle({ template: 'salt{nonce:x}', suffix: '0' })).toEqual({
      scheme: 'hex-chain',
      template: 'salt{nonce:x}',
      suffix: '0',
    });
    const digest = '0'.repeat(64);
    expect(makePuzzle({ scheme: 'sha256d', digest })).toMatchObject({ digest });
  });

  it('keeps what is given', () => {
    const definition = { scheme: 'sha256d', block: '', unit: 'bits-lsb', difficulty: 0 } as const;
    expect(makePuzzle(definition)).toEqual(definition);
    expect(makePuzzle({ scheme: 'bitcoin', header: genesisHeader.toUpperCase() })).toEqual({
      scheme: 'bitcoin',
      header: genesisHeader,
    });
  });

  it.each<PuzzleDefinition>([
    { difficulty: 64 },
    { difficulty: 256, unit: 'bits' },
    { difficulty: 256, unit: 'bits-lsb' },
    { difficulty: 1, block: ' ~'.repeat(2048) },
  ])('accepts the extreme %o', (definition) => {
    expect(makePuzzle(definition)).toMatchObject(definition);
  });

  it.each<[string, PuzzleDefinition, RegExp]>([
    ['scheme', { scheme: 'scrypt', difficulty: 1 }, /scheme is "scrypt", which is not known/u],
    ['scheme', { scheme: '', difficulty: 1 }, /scheme is ""/u],
    ['unit', { unit: 'nibbles', difficulty: 1 }, /unit is "nibbles"/u],
    ['difficulty', {}, /difficulty is missing: the number of leading zero digits/u],
    [
      'difficulty',
      { difficulty: -1 },
      /difficulty is -1: must be a whole number of leading zero digits from 0 to 64/u,
    ],
    ['prefix', { difficulty: 2, prefix: 'ab' }, /prefix is "ab", but a difficulty is given as well/u],
    ['digest', { suffix: 'ab', digest: 'ab' }, /digest is "ab", but a suffix is given as well/u],
    ['unit', { suffix: 'ab', unit: 'bits' }, /unit is "bits", but a suffix has none/u],
    ['prefix', { prefix: '' }, /prefix is .*: it has 0 characters, not 1 to 64 hex digits/u],
    ['prefix', { prefix: '0xab' }, /prefix is .*: it has "x" at position 1/u],
    ['suffix', { suffix: 'a'.repeat(65) }, /suffix is .*: it has 65 characters/u],
    ['prefix', { prefix: 'xyz' }, /^prefix is "xyz": it has "x" at position 0/u],
    [
      'block',
      { difficulty: 1, block: '\u009b31m' },
      /^block is "[ -~\ufffd?]*": it has U\+009B at position 0/u,
    ],
    ['template', { difficulty: 1, template: '\u009b31m' }, /^template is "[ -~\ufffd?]*": it has U\+009B/u],
    ['digest', { digest: 'ab' }, /digest is .*: it has 2 characters, not 64 hex digits/u],
    ['template', { difficulty: 1, template: '' }, /template is "": it has no \{nonce\}/u],
    ['template', { difficulty: 1, template: '{block}' }, /it has no \{nonce\}/u],
    ['template', { difficulty: 1, template: '{nonce}{nonce:x}' }, /more than one \{nonce\}/u],
    [
      'template',
      { difficulty: 1, template: '{nonce:08x}' },
      /\{nonce:08x\} at position 0, which is not known/u,
    ],
    ['template', { difficulty: 1, template: 'a{nonce' }, /a single \{ at position 1/u],
    ['template', { difficulty: 1, template: '}{nonce}' }, /a single \} at position 0/u],
    ['template', { difficulty: 1, template: 'é{nonce}' }, /U\+00E9 at position 0/u],
    [
      'template',
      { difficulty: 1, template: '{block}{block}{nonce}', block: 'x'.repeat(2049) },
      /with its block has 4098 bytes/u,
    ],
    [
      'block',
      { difficulty: 1, template: '{nonce}', block: 'x' },
      /block is "x", but the template has no \{block\}/u,
    ],
    [
      'prefix',
      { scheme: 'bitcoin', header: genesisHeader, prefix: '0' },
      /prefix is "0", but scheme bitcoin/u,
    ],
    ['difficulty', { difficulty: 65 }, /difficulty is 65/u],
    ['difficulty', { difficulty: 2.5 }, /difficulty is 2.5/u],
    ['difficulty', { difficulty: NaN }, /difficulty is NaN/u],
    ['difficulty', { difficulty: Infinity }, /difficulty is Infinity/u],
    [
      'difficulty',
      { difficulty: 257, unit: 'bits' },
      /difficulty is 257: must be .* zero bits from 0 to 256/u,
    ],
    ['difficulty', { difficulty: 257, scheme: 'sha256d' }, /difficulty is 257/u],
    ['difficulty', { difficulty: 257, unit: 'bits-lsb' }, /difficulty is 257/u],
    ['block', { difficulty: 1, block: 'two\nlines' }, /block is .*: it has U\+000A at position 3/u],
    ['block', { difficulty: 1, block: 'caf\u00e9' }, /block is .*: it has U\+00E9 at position 3/u],
    ['block', { difficulty: 1, block: '\u007f' }, /block is .*: it has U\+007F at position 0/u],
    ['block', { difficulty: 1, block: '😀' }, /block is .*: it has U\+1F600 at position 0/u],
    ['block', { difficulty: 1, block: 'x'.repeat(4097) }, /block is .*: it has 4097 bytes, more than 4096/u],
    [
      'header',
      { difficulty: 1, header: genesisHeader },
      /header is "01000000.*160 characters\), but scheme hex-chain/u,
    ],
    ['header', { scheme: 'bitcoin' }, /header is missing/u],
    ['header', { scheme: 'bitcoin', header: '' }, /header is .*: it has 0 characters, not 160 hex digits/u],
    ['header', { scheme: 'bitcoin', header: genesisHeader.slice(2) }, /header is .*: it has 158 characters/u],
    ['header', { scheme: 'bitcoin', header: `${genesisHeader}00` }, /header is .*: it has 162 characters/u],
    [
      'header',
      { scheme: 'bitcoin', header: `0x${genesisHeader.slice(2)}` },
      /header is .*: it has "x" at position 1/u,
    ],
    [
      'header',
      { scheme: 'bitcoin', header: '00'.repeat(80) },
      /header has nBits 0x00000000: the target is zero/u,
    ],
    [
      'block',
      { scheme: 'bitcoin', header: genesisHeader, block: 'x' },
      /block is "x", but scheme bitcoin has none/u,
    ],
    [
      'unit',
      { scheme: 'bitcoin', header: genesisHeader, unit: 'bits' },
      /unit is "bits", but scheme bitcoin/u,
    ],
    [
      'difficulty',
      { scheme: 'bitcoin', header: genesisHeader, difficulty: 0 },
      /difficulty is 0, but scheme bitcoin/u,
    ],
  ])('refuses a bad %s: %o', (about, definition, message) => {
    const remedy = expect.stringMatching(/^(Give|Set|Omit|Check) .+\.$/u);
    const attempt = () => makePuzzle(definition);
    expect(attempt).toThrow(UsageError);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.objectContaining({ about, hint: remedy, exitCode: 2 }));
  });
});
