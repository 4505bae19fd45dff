import { execFileSync } from 'node:child_process';
import { python, remote } from '../helper/kernel.ts';

const prelude = `import json, sys; sys.path.insert(0, ${JSON.stringify(remote)})\n`;

/** What Python statements, which may import all that runs on an instance, print as JSON; `given` is what they are given. */
export function evaluate(statements: string, given: unknown = null): unknown {
  const program = `${prelude}given = json.load(sys.stdin)\n${statements}`;
  const argv = ['-S', '-E', '-B', '-c', program];
  return JSON.parse(execFileSync(python, argv, { encoding: 'utf8', input: JSON.stringify(given) }));
}
