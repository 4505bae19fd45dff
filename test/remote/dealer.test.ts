import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { python, remote } from '../helper/kernel.ts';
import { evaluate } from './evaluate.ts';

const run = promisify(execFile);

describe('dealer.py', () => {
  const check = fileURLToPath(new URL('../helper/dealer-check.py', import.meta.url));

  // Random losses, adoptions, releases, lies and bounds against a recount by sets of nonces.
  it.each([1, 2, 3, 4])('deals every nonce and calls done only what was (seed %i)', async (seed) => {
    await expect(run(python, ['-B', check, remote, String(seed)])).resolves.toMatchObject({ stderr: '' });
  });
});

describe('redo.py', () => {
  it('answers for a range once all of it is done, and not for one that a kernel lied about', () => {
    const statements = `
from redo import Redos
redos = Redos()
redos.add(0, 10)
redos.add(10, 20)
one, two, three = redos.deal(4), redos.deal(100), redos.deal(100)
one.residue.complete(one, [3])
two.residue.give_back(two)
three.residue.complete(three, [])
three.residue.fail()
before = [redo.answer() for redo in redos.take_over()]
two = redos.deal(100)
two.residue.complete(two, [9, 5])
print(json.dumps([before, [redo.answer() for redo in redos.take_over()], redos.deal(1)]))
`;
    expect(evaluate(statements)).toEqual([
      [{ from: '10', to: '20' }],
      [{ from: '0', to: '10', near: ['3', '5', '9'] }],
      null,
    ]);
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
