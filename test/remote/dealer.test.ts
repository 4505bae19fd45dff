import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { python, remote } from '../helper/kernel.ts';

const run = promisify(execFile);

describe('dealer.py', () => {
  const check = fileURLToPath(new URL('../helper/dealer-check.py', import.meta.url));

  // Random losses, adoptions, releases, lies and bounds against a recount by sets of nonces.
  it.each([1, 2, 3, 4])('deals every nonce and calls done only what was (seed %i)', async (seed) => {
    await expect(run(python, ['-B', check, remote, String(seed)])).resolves.toMatchObject({ stderr: '' });
  });
});

describe('what runs on an instance', () => {
  it('is Python 3.8, whatever runs here', async () => {
    const program =
      'import ast, sys\nfor f in sys.argv[1:]: ast.parse(open(f).read(), f, feature_version=(3, 8))';
    const files = readdirSync(remote).filter((name) => name.endsWith('.py'));
    expect(files).toContain('agent.py');
    await run(python, ['-c', program, ...files.map((name) => join(remote, name))]);
  });
});
