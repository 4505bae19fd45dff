#!/usr/bin/env node
// An executable shim that is committed: what the compiler emits into dist/ loses its mode at every build. Everything up to
// the version check is in syntax that Node.js 12.17 reads: no top-level await, no `node:`, no optional chaining.
import { existsSync, readFileSync } from 'fs';
import { createRequire } from 'module';

const built = new URL('../dist/cli.cjs', import.meta.url);
const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
if (!isIn(process.versions.node, engines.node)) {
  refuse(
    `Node.js ${process.versions.node} is not supported: cnd needs ${engines.node}`,
    'install a version of Node.js that is in that range, and run cnd with it',
    2,
  );
} else if (!existsSync(built)) {
  refuse('this checkout is not built yet', 'run: npm ci', 1);
} else {
  // The command line sets the exit code when it ends; where it ends without, something is wrong.
  process.exitCode = 1;
  createRequire(import.meta.url)('../dist/cli.cjs');
}

/** Whether a version is in a range like `^20.19.0 || >=22.12.0`. */
function isIn(version, range) {
  const have = numbers(version);
  return range.split('||').some((part) => {
    const least = numbers(part);
    const first = have.findIndex((number, index) => number !== least[index]);
    const isEnough = first < 0 || have[first] > least[first];
    return isEnough && (!part.includes('^') || have[0] === least[0]);
  });
}

/** The three numbers of a version. */
function numbers(text) {
  return text.match(/\d+/g).slice(0, 3).map(Number);
}

function refuse(message, hint, exitCode) {
  process.stderr.write(`cnd: ${message}\n     ${hint}\n`);
  process.exitCode = exitCode;
}
