// Before a package is made (`prepack` in package.json): both kernels must be there, be what their names say, and be the fast and
// small ones that clang and musl make: who installs the package searches with them and builds nothing.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The processor of an ELF file (`e_machine`, System V ABI), by the platform in a kernel's name. */
const machines = { 'linux-x64': 62, 'linux-arm64': 183 };

for (const [platform, machine] of Object.entries(machines)) {
  const path = fileURLToPath(new URL(`../remote/kernel/build/kernel-${platform}`, import.meta.url));
  const what = faultOf(path, machine);
  if (what === undefined) continue;
  process.stderr.write(`cnd: no package is made: the native kernel for ${platform} ${what}: ${path}\n`);
  process.stderr.write('     npm run build:kernel says what to install\n');
  process.exitCode = 1;
}

/** What is wrong with a kernel, or undefined. */
function faultOf(path, machine) {
  let program;
  try {
    program = readFileSync(path);
  } catch {
    return 'is not there';
  }
  const isElf = program.toString('latin1', 0, 4) === '\u007FELF';
  if (!isElf || program.readUInt16LE(18) !== machine) return 'is not a program for it';
  // Compilers leave their names in the section .comment; what is linked statically with glibc has the names of its settings.
  if (!program.includes('clang version')) return 'was not built with clang';
  if (program.includes('glibc.malloc.')) return 'was not linked with musl';
  return undefined;
}
