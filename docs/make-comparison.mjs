// Makes docs/comparison.svg, the plot of the README, from real runs: local instances with one thread each, as many as this
// machine has cores, three times each.
//
//   npm run build && node docs/make-comparison.mjs
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../bin/cnd.js', import.meta.url));
const target = fileURLToPath(new URL('comparison.svg', import.meta.url));
/** Hard enough for seconds of search, and the same nonce each time. */
const difficulty = '7';

const cores = availableParallelism();
const counts = [1, 2, 4, 8, 16].filter((count) => count <= cores);
const directory = mkdtempSync(join(tmpdir(), 'cnd-'));
try {
  const { status } = spawnSync(
    process.execPath,
    [
      bin,
      'compare',
      '--N',
      counts.join(','),
      '--T',
      '120',
      '--D',
      difficulty,
      '--repeats',
      '3',
      '--output',
      target,
    ],
    {
      cwd: directory,
      env: { ...process.env, XDG_STATE_HOME: join(directory, 'state') },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  if (status !== 0) throw new Error(`not a good series: exit code ${status}`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
