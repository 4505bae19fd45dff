// Makes docs/comparison.svg, the plot of the README, and the table of docs/compare.md, from real runs: local instances with one
// thread each, as many as this machine has cores, three times each. It takes a minute on two cores that have nothing else to do.
//
//   npm run build && node docs/make-comparison.mjs
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments } from '../script/arguments.mjs';

readArguments(import.meta.url);

const bin = fileURLToPath(new URL('../bin/cnd.js', import.meta.url));
const picture = fileURLToPath(new URL('comparison.svg', import.meta.url));
const page = fileURLToPath(new URL('compare.md', import.meta.url));

const counts = [1, 2, 4, 8, 16].filter((count) => count <= availableParallelism());
const directory = mkdtempSync(join(tmpdir(), 'cnd-'));
try {
  // Of the default block the smallest golden nonce for D 7 is already found within a fifth of a second. From there to the third one are
  // 219,210,502 nonces: seconds of search, of which start and stop are no part worth telling.
  const puzzle = ['--D', '7', '--from', '77865450'];
  cnd(['compare', '--N', counts.join(','), '--T', '120', ...puzzle, '--repeats', '3', '--output', picture]);
  const table = cnd(['compare', '--series', 'last']);
  writeFileSync(
    page,
    readFileSync(page, 'utf8').replace(/^```text\n[^]*?^```$/m, () => `\`\`\`text\n${table}\`\`\``),
  );
  process.stdout.write(table);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

/** What such a command says on stdout. */
function cnd(args) {
  const { status, stdout } = spawnSync(process.execPath, [bin, ...args], {
    cwd: directory,
    env: { ...process.env, XDG_STATE_HOME: join(directory, 'state') },
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`not a good series: exit code ${status}`);
  return stdout;
}
