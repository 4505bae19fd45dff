import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Builds dist/ once before the suites: the hosts of the local fleet and the e2e tests run the built program. */
export default function setup(): void {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const { status } = spawnSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('the program does not build');
}
