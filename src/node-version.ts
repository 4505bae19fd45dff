import { UsageError } from './error.ts';

/** The least minor version of each major that has one (package.json, `engines`); later majors are fine. */
const least: Readonly<Record<number, number>> = { 20: 19, 22: 12 };

/** Whether cnd runs on this version of Node.js. Pure. */
export function isSupportedNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 22 || minor >= (least[major] ?? Infinity);
}

/** The version of Node.js, if it is one that cnd runs on. @throws UsageError */
export function requireNode(version: string = process.versions.node): string {
  if (isSupportedNode(version)) return version;
  throw new UsageError('node-version', `Node.js ${version} is not supported`, {
    about: 'node',
    hint: 'install Node.js 20.19 or later of 20, or 22.12 or later',
  });
}
