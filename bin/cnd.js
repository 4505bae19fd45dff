#!/usr/bin/env node
// An executable shim that is committed: what the compiler emits into dist/ loses its mode at every build.
import { existsSync } from 'node:fs';

const built = new URL('../dist/cli.js', import.meta.url);
if (existsSync(built)) {
  await import(built.href);
} else {
  process.stderr.write('cnd: this checkout is not built yet. Run: npm ci\n');
  process.exitCode = 1;
}
