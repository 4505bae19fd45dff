import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { instancePath, requirePython } from '../../../src/fleet/local/python.ts';

let shims: string;
beforeEach(() => {
  shims = mkdtempSync(join(tmpdir(), 'cnd-shim-'));
});
afterEach(() => rmSync(shims, { recursive: true, force: true }));

/** A PATH whose python3 is a script that notes each time it is run and then prints this. */
function shim(printed: string): string {
  const log = join(shims, 'log');
  writeFileSync(log, '');
  const script = `#!/bin/sh\necho run >>'${log}'\nprintf '${printed}'\n`;
  writeFileSync(join(shims, 'python3'), script, { mode: 0o755 });
  return [shims, dirname('/bin/sh')].join(delimiter);
}

const runs = (): number => readFileSync(join(shims, 'log'), 'utf8').split('\n').length - 1;

test('a script in the place of python3 is run once, for its version and the interpreter', async () => {
  const path = shim(String.raw`3.11.2\n/opt/python/bin/python3\n`);
  expect(await requirePython({ PATH: path })).toBe('3.11.2');
  expect(await instancePath(path)).toBe(`/opt/python/bin${delimiter}${path}`);
  expect(await instancePath(path)).toBe(`/opt/python/bin${delimiter}${path}`);
  expect(runs()).toBe(1);
});

test('one that names no interpreter stays in its place', async () => {
  const path = shim(String.raw`3.11.2\n`);
  await requirePython({ PATH: path });
  expect(await instancePath(path)).toBe(path);
});

test('without a check of the version it is asked for the interpreter alone', async () => {
  const path = shim(String.raw`/opt/python/bin/python3\n`);
  expect(await instancePath(path)).toBe(`/opt/python/bin${delimiter}${path}`);
});
