import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Builds dist/ once before the suites: the hosts of the local fleet and the e2e tests run the built program; and dist-module/, each
 * module on its own, for tests that run one in another process. So do agents the native kernels, as far as they were built before:
 * those of older sources are built again.
 */
export default function setup(): void {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  for (const args of [
    ['script/build.mjs'],
    ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
  ]) {
    const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
    if (status !== 0) throw new Error('the program does not build');
  }
  const kernel = `${root}remote/kernel`;
  const targets = ['linux-x64', 'linux-arm64', 'host', 'sanitize'];
  const built = targets.filter((name) => existsSync(`${kernel}/build/kernel-${name}`));
  if (built.length > 0) spawnSync('make', ['-s', '-C', kernel, ...built], { stdio: 'inherit' });
}
