import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

/**
 * The PATH for instances. Version managers (pyenv, asdf) put a script in the place of python3 that takes 100 ms of CPU to
 * find the interpreter, every time: for them it is found once, and its directory goes first.
 */
export async function instancePath(path: string): Promise<string> {
  for (const directory of path.split(delimiter)) {
    const python = join(directory, 'python3');
    const start = await firstBytes(python);
    if (start === undefined) continue;
    return start === '#!' ? withInterpreter(python, path) : path;
  }
  return path;
}

async function withInterpreter(shim: string, path: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(
      shim,
      ['-I', '-S', '-c', 'import sys; print(sys.executable)'],
      {
        timeout: 5000,
      },
    );
    const executable = stdout.trim();
    return executable === '' ? path : `${dirname(executable)}${delimiter}${path}`;
  } catch {
    return path; // it does not work here, and will say so where it is needed
  }
}

async function firstBytes(file: string): Promise<string | undefined> {
  try {
    const handle = await open(file, 'r');
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
