import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// This file is one level below the package's directory wherever it runs: in src/, compiled to dist-module/, or in a chunk of dist/.

/** Where a file or a directory of this package is. */
export function packagePath(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}

/** A program of dist/, which script/build.mjs names: run by a process of its own, also when this one runs from src/. */
export type Program = 'display' | 'local-host' | 'local-watchdog' | 'web';

const commonJs: ReadonlySet<Program> = new Set(['display', 'local-watchdog']);

/** Where a program of dist/ is. */
export function programPath(name: Program): string {
  return packagePath(`dist/${name}.${commonJs.has(name) ? 'cjs' : 'js'}`);
}

const manifest: unknown = JSON.parse(readFileSync(packagePath('package.json'), 'utf8'));

/** The version in package.json. */
export const version: string =
  typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
