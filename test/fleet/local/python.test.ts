import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { agentModules } from '../../../src/fleet/local/python.ts';

const remote = join(import.meta.dirname, '../../../remote');

/** What one of our Python files imports when it is loaded. */
function importsOf(name: string): string[] {
  const text = readFileSync(join(remote, `${name}.py`), 'utf8');
  return [...text.matchAll(/^(?:import|from) (\w+)/gm)].map(([, module = '']) => module);
}

test('python3 is asked for every module that the agent and pow.py import', () => {
  const own = new Set(readdirSync(remote).flatMap((name) => /^(\w+)\.py$/.exec(name)?.[1] ?? []));
  const needed = new Set<string>();
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const module of importsOf(name)) {
      if (own.has(module)) visit(module);
      else needed.add(module);
    }
  };
  for (const program of ['attach', 'agent', 'pow']) visit(program);
  expect([...needed].toSorted()).toEqual([...agentModules]);
});
