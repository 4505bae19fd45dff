import { existsSync, lstatSync, mkdirSync } from 'node:fs';
import module from 'node:module';
import { dirname } from 'node:path';
import { cachePath } from '../../file.ts';
import { packagePath } from '../../package.ts';
import { keepScripts } from './script-cache.ts';

/**
 * Has what is compiled of cnd from here on kept for the next start, which then takes a quarter less processor time. Node.js does it
 * by itself since 22.1. NODE_DISABLE_COMPILE_CACHE=1 turns it off, as it does Node's own.
 */
export function keepCompiledCode(env: NodeJS.ProcessEnv): void {
  if (env['NODE_DISABLE_COMPILE_CACHE'] === '1') return;
  const directory = cachePath('compiled', env);
  try {
    makeBelowHome(directory);
    if (!isOurs(directory)) return;
    const enable: unknown = Reflect.get(module, 'enableCompileCache');
    if (typeof enable === 'function') Reflect.apply(enable, module, [directory]);
    else keepScripts(directory, packagePath('dist'));
  } catch {
    // Without it a start takes longer.
  }
}

/** Makes a directory of `cachePath`, with those above it up to `~/.cache`: a home that is not there is not made. */
function makeBelowHome(directory: string): void {
  for (const path of [dirname(dirname(directory)), dirname(directory), directory])
    if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
}

/** Whether nobody else can have put anything there, for it is run. With sudo the home may be another user's. */
function isOurs(directory: string): boolean {
  const status = lstatSync(directory);
  return status.isDirectory() && status.uid === process.geteuid?.() && (status.mode & 0o022) === 0;
}
