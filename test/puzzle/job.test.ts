import { describe, expect, it } from 'vitest';
import { makePuzzle } from '../../src/puzzle/definition.ts';
import { jobPuzzle, kernelArguments } from '../../src/puzzle/job.ts';
import { genesis, genesisHeader, hexChain } from './example.ts';

const target = `00000000ffff${'0'.repeat(52)}`;

describe('jobPuzzle', () => {
  it('is the form of docs/agent.md', () => {
    expect(jobPuzzle(hexChain(6))).toEqual({
      scheme: 'hex-chain',
      block: '434f4d534d30303130636c6f7564',
      unit: 'digits',
      difficulty: 6,
    });
    expect(jobPuzzle(makePuzzle({ template: '{block}{{{nonce:x}', block: 'ab', prefix: 'CA' }))).toEqual({
      scheme: 'hex-chain',
      before: '61627b',
      after: '',
      nonce: 'hex',
      prefix: 'ca',
    });
    expect(jobPuzzle(genesis)).toEqual({ scheme: 'bitcoin', header: genesisHeader, target });
  });
});

describe('kernelArguments', () => {
  it('are those of the kernel contract', () => {
    expect(kernelArguments(hexChain(6)).join(' ')).toBe(
      '--scheme hex-chain --block-hex 434f4d534d30303130636c6f7564 --unit digits --difficulty 6',
    );
    const other = makePuzzle({ scheme: 'sha256', template: '{nonce}', suffix: 'cafe' });
    expect(kernelArguments(other).join(' ')).toBe(
      '--scheme sha256 --before-hex  --after-hex  --nonce decimal --suffix cafe',
    );
    expect(kernelArguments(genesis)).toEqual([
      '--scheme',
      'bitcoin',
      '--header',
      genesisHeader,
      '--target',
      target,
    ]);
  });

  it('keep an empty block as an argument of its own', () => {
    const puzzle = makePuzzle({ scheme: 'sha256d', block: '', unit: 'bits-lsb', difficulty: 0 });
    expect(kernelArguments(puzzle)).toEqual([
      '--scheme',
      'sha256d',
      '--block-hex',
      '',
      '--unit',
      'bits-lsb',
      '--difficulty',
      '0',
    ]);
  });
});
