import { constants, open } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { UsageError, messageOf } from '../../error.ts';
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

/** The oldest Python that runs the agent. */
const oldest = [3, 8] as const;

/**
 * Makes sure that instances on this machine have a Python that runs the agent, and gives its version.
 * @throws UsageError
 */
export async function requirePython(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string> {
  const path = await instancePath(env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin', signal);
  const hint = `install python3, ${oldest.join('.')} or later, or put the directory of one first in PATH`;
  const about = 'python3';
  const ask = ['-I', '-S', '-c', 'import sys; print("%d.%d.%d" % sys.version_info[:3])'];
  const version = await outputOf('python3', ask, {
    timeout: 10_000,
    signal,
    env: { ...env, PATH: path },
  }).catch((error: unknown) => {
    signal?.throwIfAborted();
    const message = `python3 cannot be run on this machine: ${messageOf(error)}`;
    throw new UsageError('no-python', message, { about, hint, cause: error });
  });
  const [major = 0, minor = 0] = version.trim().split('.').map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return version.trim();
  const message = `python3 is ${version.trim()}, older than ${oldest.join('.')}`;
  throw new UsageError('no-python', message, { about, hint });
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
