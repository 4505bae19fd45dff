import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'cnd-compiled-'));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

describe('keepScripts', () => {
  const module = join(root, 'dist-module/command/compile-cache/script-cache.js');
  let cache: string;
  let own: string;
  beforeEach(() => {
    [cache, own] = [join(place, 'cache'), join(place, 'own')];
    for (const directory of [cache, own]) mkdirSync(directory);
    const main = [
      `import { createRequire } from 'node:module';`,
      `import { keepScripts } from ${JSON.stringify(module)};`,
      `keepScripts(${JSON.stringify(cache)}, ${JSON.stringify(own)});`,
      `Promise.resolve(createRequire(import.meta.url)('./own/a.cjs')()).then((said) => console.log(said));`,
    ];
    writeFileSync(join(place, 'main.mjs'), main.join('\n'));
    source('() => 1');
  });

  const source = (made: string): void => writeFileSync(join(own, 'a.cjs'), `module.exports = ${made};`);
  const said = (): string =>
    execFileSync(process.execPath, [join(place, 'main.mjs')], { encoding: 'utf8' }).trim();
  const kept = (): string[] => readdirSync(cache).map((name) => join(cache, name));

  test('what was compiled is kept, for this user alone, and used', () => {
    expect(said()).toBe('1');
    const [path = '', ...more] = kept();
    expect(more).toEqual([]);
    const { ino, mode } = statSync(path);
    expect(mode & 0o777).toBe(0o600);
    expect(said()).toBe('1');
    // It would have been made anew.
    expect(kept().map((name) => statSync(name).ino)).toEqual([ino]);
  });

  test('another source of the same length is compiled anew', () => {
    expect(said()).toBe('1');
    source('() => 2');
    expect([said(), said()]).toEqual(['2', '2']);
  });

  test('what is damaged is not used, and made anew', () => {
    expect(said()).toBe('1');
    const [path = ''] = kept();
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, 100));
    expect(said()).toBe('1');
    expect(statSync(path).size).toBe(whole.length);
  });

  test('a module may import another', () => {
    source("async () => (await import('node:path')).basename('/a/b')");
    expect([said(), said()]).toEqual(['b', 'b']);
  });

  test('where nothing can be kept all is compiled', () => {
    rmSync(cache, { recursive: true });
    expect([said(), said()]).toEqual(['1', '1']);
  });
});

describe('cnd', () => {
  /** The names of what is kept after a command. */
  const keptBy = (env: NodeJS.ProcessEnv = {}): string[] => {
    execFileSync(process.execPath, [join(root, 'bin/cnd.js'), '--version'], {
      env: { ...process.env, XDG_CACHE_HOME: place, ...env },
    });
    return readdirSync(join(place, 'cnd/compiled'));
  };

  test('keeps what it has compiled', () => {
    expect(keptBy()).not.toEqual([]);
    expect(statSync(join(place, 'cnd/compiled')).mode & 0o777).toBe(0o700);
  });

  test('but makes no home that is not there', () => {
    const home = join(place, 'nobody');
    execFileSync(process.execPath, [join(root, 'bin/cnd.js'), '--version'], {
      env: { ...process.env, HOME: home, XDG_CACHE_HOME: '' },
    });
    expect(existsSync(home)).toBe(false);
  });

  test.each([
    ['others may write there', 0o777, {}],
    ['it is told not to', 0o700, { NODE_DISABLE_COMPILE_CACHE: '1' }],
  ])('but not where %s', (_, mode, env) => {
    mkdirSync(join(place, 'cnd/compiled'), { recursive: true });
    chmodSync(join(place, 'cnd/compiled'), mode);
    expect(keptBy(env)).toEqual([]);
  });
});
