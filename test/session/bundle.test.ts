import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { makeBundle } from '../../src/session/bundle.ts';

const files = [
  { name: 'agent.py', content: 'print("agent")\n', mode: 0o755 },
  { name: 'kernel/pow.c', content: Buffer.from('int main;\n'), mode: 0o644 },
];

let base: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'cnd-bundle-'));
});

afterEach(() => rm(base, { recursive: true }));

describe('makeBundle', () => {
  it('makes the same bytes of the same files', async () => {
    const [one, two] = await Promise.all([makeBundle(files), makeBundle(files)]);
    expect(one.digest).toBe(two.digest);
    expect(one.data.equals(two.data)).toBe(true);
    const changed = await makeBundle([...files, { name: 'more', content: '', mode: 0o600 }]);
    expect(changed.digest).not.toBe(one.digest);
  });

  it('takes content from a path', async () => {
    const path = join(base, 'file');
    await writeFile(path, 'print("agent")\n');
    const [first, second] = files;
    expect(await makeBundle([{ name: 'agent.py', path, mode: 0o755 }, ...(second ? [second] : [])])).toEqual(
      await makeBundle(first && second ? [first, second] : []),
    );
  });

  it('makes an archive that tar reads', async () => {
    const { data } = await makeBundle(files);
    const listing = execFileSync('tar', ['-tzf', '-'], { input: data, encoding: 'utf8' });
    expect(listing).toBe('agent.py\nkernel/pow.c\n');
  });
});
