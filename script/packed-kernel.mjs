// Before a package is made (`prepack` in package.json): both kernels must be there, and be what their names say.
import { closeSync, openSync, readSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The processor of an ELF file (`e_machine`, System V ABI), by the platform in a kernel's name. */
const machines = { 'linux-x64': 62, 'linux-arm64': 183 };

for (const [platform, machine] of Object.entries(machines)) {
  const path = fileURLToPath(new URL(`../remote/kernel/build/kernel-${platform}`, import.meta.url));
  const found = machineOf(path);
  if (found === machine) continue;
  const what = found === undefined ? 'is not there' : 'is not a program for it';
  process.stderr.write(`cnd: no package is made: the native kernel for ${platform} ${what}: ${path}\n`);
  process.stderr.write('     npm run build:kernel says what to install\n');
  process.exitCode = 1;
}

/** The processor that a program is for, 0 for what is no ELF file; undefined when there is no file. */
function machineOf(path) {
  const head = Buffer.alloc(20);
  let file;
  try {
    file = openSync(path, 'r');
  } catch {
    return undefined;
  }
  readSync(file, head);
  closeSync(file);
  return head.toString('latin1', 0, 4) === '\u007FELF' ? head.readUInt16LE(18) : 0;
}
