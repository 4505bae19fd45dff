import { constants, open } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { outputOf } from '../../subprocess.ts';

/**
 * The PATH for instances. Version managers (pyenv, asdf) put a script in the place of python3 that takes 100 ms of CPU to
 * find the interpreter, every time: for them it is found once, and its directory goes first.
 */
export async function instancePath(path: string, signal?: AbortSignal): Promise<string> {
  for (const directory of path.split(delimiter)) {
    const python = join(directory, 'python3');
    const start = await firstBytes(python);
    if (start === undefined) continue;
    return start === '#!' ? withInterpreter(python, path, signal) : path;
  }
  return path;
}

async function withInterpreter(shim: string, path: string, signal: AbortSignal | undefined): Promise<string> {
  try {
    const ask = ['-I', '-S', '-c', 'import sys; print(sys.executable)'];
    const executable = (await outputOf(shim, ask, { timeout: 5000, signal })).trim();
    return executable === '' ? path : `${dirname(executable)}${delimiter}${path}`;
  } catch {
    return path; // it does not work here, and will say so where it is needed
  }
}

async function firstBytes(file: string): Promise<string | undefined> {
  try {
    // A named pipe must not hold us up.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
      return buffer.toString('latin1', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    return undefined;
  }
}
