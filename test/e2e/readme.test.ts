import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Ended, type Workspace, workspace } from '../helper/cnd.ts';
import { headingsOf, linksOf } from '../helper/link.ts';
import { type Example, examplesOf, masked, wordsOf, writeOutput } from '../helper/readme.ts';
import { hasStage } from '../helper/stage/available.ts';
import { isolated } from '../helper/stage/isolated.ts';
import { useStage } from '../helper/stage/use.ts';
import type { StagePlace } from '../helper/stage/workspace.ts';

vi.setConfig({ testTimeout: 120_000 });

const root = join(import.meta.dirname, '../..');
const path = join(root, 'README.md');
const readme = readFileSync(path, 'utf8');
/** `npm run readme` writes what the commands say into the README instead of comparing it. */
const isWriting = process.env['CND_README'] === 'write';

const examples = examplesOf(readme);
const isOnEc2 = ({ command }: Example): boolean => /--fleet ec2|--region|--policy/.test(command);

function expectAsShown(example: Example, ended: Ended, directory: string): void {
  expect({ command: example.command, ...ended }).toMatchObject({ code: 0 });
  const output = ended.stdout.replaceAll(directory, '…').trimEnd();
  if (isWriting) return writeFileSync(path, writeOutput(readFileSync(path, 'utf8'), example, output));
  if (example.output !== undefined) expect(masked(output)).toBe(masked(example.output));
}

describe('the commands of the README, on this machine', () => {
  let place: Workspace;
  beforeAll(() => {
    place = workspace();
  });
  afterAll(() => place.remove());

  const bin = join(root, 'bin/cnd.js');
  test.each(examples.filter((one) => !isOnEc2(one)))('$command', async (example) => {
    // `scram` must not end what other tests have started.
    const env = { ...process.env, XDG_STATE_HOME: place.state, COLUMNS: '100' };
    const command = [process.execPath, bin, ...wordsOf(example.command)];
    expectAsShown(example, await isolated(command, place.directory, env), place.directory);
  });
});

describe.runIf(hasStage())('the commands of the README, on the stage', () => {
  const on = useStage({ shared: true });
  let place: StagePlace;

  test.each(examples.filter(isOnEc2))('$command', async (example) => {
    place ??= on.place();
    expectAsShown(example, await place.run(wordsOf(example.command).join(' ')), place.directory);
    expect(place.instances('running')).toEqual([]);
  });
});

describe('the documents', () => {
  const documents = [
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'CHANGELOG.md',
    'remote/kernel/README.md',
  ].concat(readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])));
  const textOf = (name: string): string => readFileSync(join(root, name), 'utf8');

  test('link to files and headings that there are', () => {
    const broken = documents.flatMap((name) =>
      linksOf(textOf(name)).flatMap(({ path: target, heading }) => {
        const file = target === '' ? name : join(name, '..', target);
        try {
          const isThere = heading === undefined || headingsOf(textOf(file)).includes(heading);
          return isThere ? [] : [`${name}: ${file}#${heading}`];
        } catch (error) {
          const isFolder = error instanceof Error && 'code' in error && error.code === 'EISDIR';
          return isFolder ? [] : [`${name}: ${file}`];
        }
      }),
    );
    expect(broken).toEqual([]);
  });

  test('every page of docs/ is linked in the README', () => {
    const linked = new Set(linksOf(readme).map((link) => link.path));
    expect(documents.filter((name) => name.startsWith('docs/') && !linked.has(name))).toEqual([]);
  });

  test('teach the form of npx that gives flags to cnd', () => {
    const others = documents.filter((name) => /npx (?:--no )?cnd [a-z-]/.test(textOf(name)));
    expect(others).toEqual([]);
    expect(textOf('.ci/run')).toContain('npx --no -- cnd start');
  });

  test("leave only npm's two commands to .ci/run, and run every other", () => {
    const commands = [...readme.matchAll(/^(?: {4}|\$ )(.*\bcnd .*|npm .*)$/gm)].map(([, line = '']) => line);
    const run = new Set(examples.map(({ command }) => command));
    const left = commands.filter((line) => !run.has(line) && !/^(?:bin|src|remote)\//.test(line.trim()));
    const ci = textOf('.ci/run');
    for (const line of left)
      for (const part of line.replace(/ *#.*/, '').split(' && ')) expect.soft(ci).toContain(part);
    expect(left.filter((line) => !line.startsWith('npm ci && '))).toEqual([]);
  });

  test('the README is short', () => {
    expect(readme.split('\n').length).toBeLessThan(170);
  });
});
