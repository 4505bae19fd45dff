import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Workspace, workspace } from '../helper/cnd.ts';

let place: Workspace;
let path: string;
beforeEach(() => {
  place = workspace();
  path = join(place.directory, 'cnd.config.json');
});
afterEach(() => place.remove());

test('init writes a configuration that start takes, and editors find its schema', async () => {
  const { code, stdout } = await place.run(['init']);
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('cnd.config.json') });
  const schema = /"\$schema": "([^"]+)"/.exec(readFileSync(path, 'utf8'))?.[1] ?? '';
  expect(
    existsSync(schema.startsWith('file:') ? fileURLToPath(schema) : resolve(place.directory, schema)),
  ).toBe(true);
  const plan = await place.run(['start', '--N', '2', '--T', '10', '--D', '2', '--dry-run']);
  expect(plan.code).toBe(0);
});

test('init --print writes nothing', async () => {
  const { code, stdout } = await place.run(['init', '--print']);
  expect(code).toBe(0);
  expect(stdout).toContain('"fleet": "local"');
  expect(existsSync(path)).toBe(false);
});

test('what is there is not overwritten without --force', async () => {
  writeFileSync(path, '{ "N": 3 }');
  const refused = await place.run(['init']);
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toMatch(/cnd\.config\.json already exists\n.*cnd init --force/);
  expect(readFileSync(path, 'utf8')).toBe('{ "N": 3 }');
  expect((await place.run(['init', '--force'])).code).toBe(0);
  writeFileSync(join(place.directory, 'my file.json'), '{}');
  const other = await place.run(['init', '--config', 'my file.json']);
  expect(other.stderr).toContain("cnd init --force --config 'my file.json'\n");
  expect(readFileSync(path, 'utf8')).toContain('"fleet": "local"');
});

test('another file can be named; one that cannot be written is an error', async () => {
  expect((await place.run(['init', '--config', 'other.json'])).code).toBe(0);
  expect(existsSync(join(place.directory, 'other.json'))).toBe(true);
  mkdirSync(join(place.directory, 'folder'));
  const failed = await place.run(['init', '--force', '--config', 'folder']);
  expect(failed.code).toBe(2);
  expect(failed.stderr).toMatch(/folder cannot be written.*\n.*--print/);
});
