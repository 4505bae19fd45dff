import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { readArguments, refuse } from '../../script/arguments.mjs';
import { repository } from '../helper/stage/repository.ts';
import { type Mutant, mutants, mutated } from './mutant.ts';
import type { Scenario } from './scenario.ts';

// npm run chaos:mutants -- [--only WORDS] [--tries 3] [--slack 2]
//
// Does the chaos suite notice when the product breaks a promise? Each fault of mutant.ts is put into a copy of the checkout,
// which is built and put through the scenario that belongs to it; the copy without a fault goes through all of them first.
// Prints a table; exit code 1 when a fault is not noticed, cannot be put in, or the product without one breaks something; 2 for wrong
// arguments. All of them take a quarter of an hour.
//
//   --only WORDS  only faults with these words in their names
//   --tries N     how often a scenario is played until its fault is noticed [default: 3]
//   --slack X     times as long as usual before something is late, on a busy machine [default: 2]

const { values } = readArguments(import.meta.url, {
  options: {
    only: { type: 'string', default: '' },
    tries: { type: 'string', default: '3', is: 'positive' },
    slack: { type: 'string', default: '2', is: 'decimal' },
  },
});
const chosen = mutants.filter(({ name }) => name.includes(values.only));
if (chosen.length === 0)
  refuse(
    `--only is ${JSON.stringify(values.only)}: must be words of one of these: ${mutants.map(({ name }) => name).join('; ')}`,
  );

const broken = z.object({ violations: z.array(z.string()) });

/** Everything that the product and its chaos suite are built from; nothing in it is written to the checkout. */
const copied = [
  'bin',
  'src',
  'remote',
  'script',
  'test',
  'package.json',
  'tsconfig.json',
  'tsconfig.stage.json',
];

const copy = mkdtempSync(join(tmpdir(), 'cnd-mutants-'));

function prepare(): void {
  for (const name of copied) cpSync(join(repository, name), join(copy, name), { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'));
  if (existsSync(join(repository, '.moto'))) symlinkSync(join(repository, '.moto'), join(copy, '.moto'));
  build();
  execFileSync(join(copy, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.stage.json'], { cwd: copy });
}

function build(): void {
  execFileSync(process.execPath, ['script/build.mjs'], { cwd: copy });
}

/** What a scenario breaks in the copy as it is. */
async function violations(scenario: Scenario): Promise<string[]> {
  const program = join(copy, 'dist-stage/test/chaos/chaos.js');
  const args = [program, '--replay', JSON.stringify(scenario), '--slack', values.slack, '--parallel', '1'];
  const report = ['--report', '/dev/null'];
  const child = spawn(process.execPath, [...args, ...report], { stdio: ['ignore', 'pipe', 'ignore'] });
  const said = await text(child.stdout);
  return said
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => broken.parse(JSON.parse(line)).violations);
}

/** The violation that gives a mutant away; what was seen instead, if it does not. */
async function tryMutant(mutant: Mutant): Promise<{ caught?: string; seen: string[] }> {
  const files = mutated(mutant, copy);
  for (const [file, content] of files) writeFileSync(join(copy, file), content);
  const seen: string[] = [];
  try {
    build();
    for (let tries = Number(values.tries); tries > 0; tries -= 1) {
      const found = await violations(mutant.scenario);
      const caught = found.find((words) => mutant.caughtBy.test(words));
      if (caught !== undefined) return { caught, seen };
      seen.push(...found);
    }
    return { seen };
  } finally {
    for (const file of files.keys()) cpSync(join(repository, file), join(copy, file));
  }
}

let failed = false;
function tell(isGood: boolean, ...columns: readonly string[]): void {
  failed ||= !isGood;
  process.stdout.write(`${(isGood ? 'caught' : 'FAILED').padEnd(8)}${columns.join('\n          ')}\n`);
}

try {
  prepare();
  const unharmed = [...chosen];
  const playUnharmed = async (): Promise<void> => {
    for (let next = unharmed.shift(); next; next = unharmed.shift()) {
      const found = await violations(next.scenario);
      if (found.length > 0)
        tell(false, `without a fault the run of "${next.name}" breaks something:`, ...found);
    }
  };
  await Promise.all([playUnharmed(), playUnharmed()]);
  for (const mutant of chosen) {
    try {
      const { caught, seen } = await tryMutant(mutant);
      tell(
        caught !== undefined,
        mutant.name,
        caught?.slice(0, 150) ?? `not noticed; seen: ${seen.join('; ')}`,
      );
    } catch (error) {
      tell(false, mutant.name, String(error));
    }
  }
  process.stdout.write(failed ? 'not every fault was caught\n' : `all ${chosen.length} faults were caught\n`);
} finally {
  rmSync(copy, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
