import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Workspace, workspace } from '../helper/cnd.ts';

let place: Workspace;
beforeAll(() => {
  place = workspace();
});
afterAll(() => place.remove());

const digest = '00a722b0e1eab12e68928824ce82e5bc7cec6740e6cd0d3ffbe63260badc53fa';

test.each<[given: string[], code: number, said: RegExp]>([
  [['116', digest.toUpperCase(), '--D', '2'], 0, /golden {4}yes$/m],
  [['116', digest.replace(/a$/, 'b'), '--prefix', '00a7'], 1, /claimed .* another digest/],
  [['115', '--D', '2'], 1, /no: it does not have 2 leading zero digits/],
  [['3', '--scheme', 'sha256', '--template', '{block}:{nonce}', '--prefix', '0'], 0, /digest {4}0ce0d012/],
  [
    ['255', '--scheme', 'sha256', '--template', 'a{nonce:x}', '--prefix', '54'],
    0,
    /nonce {5}255, in the text ff$/m,
  ],
])('%j: exit code %i', async (given, code, said) => {
  const done = await place.run(['verify', ...given]);
  expect(done).toMatchObject({ code, stderr: '', stdout: expect.stringMatching(said) });
});

test('a goal of the command line replaces that of the environment', async () => {
  const done = await place.run(['verify', '116', '--suffix', '53fa'], {
    CND_DIFFICULTY: '9',
    CND_UNIT: 'bits',
  });
  expect(done).toMatchObject({ code: 0, stderr: '' });
});

test.each<[given: string[], said: RegExp]>([
  [['1e3', '--D', '2'], /the nonce is '1e3': must be a decimal number/],
  [['0116', '--D', '2'], /the nonce is '0116': .* without leading zeros/],
  [['116', 'abc', '--D', '2'], /the digest is 'abc': must be 64 hex digits/],
  [['116', '--D', '2', '--suffix', 'ab'], /--suffix is "ab", but a difficulty is given as well/],
  [['116'], /--D is missing/],
])('%j is refused', async (given, said) => {
  const done = await place.run(['verify', ...given]);
  expect(done).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(said) });
});
