import { constants, open } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { UsageError, messageOf } from '../../error.ts';
import { outputOf } from '../../subprocess.ts';
import { visible } from '../../text.ts';

/** Where programs are when the environment does not say. */
export const usualPath = '/usr/local/bin:/usr/bin:/bin';

/**
 * The PATH for instances. Version managers (pyenv, asdf) put a script in the place of python3 that takes 100 ms of CPU to
 * find the interpreter, every time: for them it is found once, and its directory goes first.
 */
export async function instancePath(path: string, signal?: AbortSignal): Promise<string> {
  const known = interpreterPaths.get(path);
  if (known !== undefined) return known;
  return (await isScript(path)) ? withInterpreter(path, signal) : path;
}

/** Whether the first python3 of a PATH is a script. */
async function isScript(path: string): Promise<boolean> {
  for (const directory of path.split(delimiter)) {
    const start = await firstBytes(join(directory, 'python3'));
    if (start !== undefined) return start === '#!';
  }
  return false;
}

/** What `instancePath` is for a PATH, where this process has asked a script in the place of python3 already. */
const interpreterPaths = new Map<string, string>();

/** The oldest Python that runs the agent. */
const oldest = [3, 8] as const;

/** What the agent imports when it starts: Debian's python3-minimal, say, has not all of it. */
export const agentModules = [
  '_signal',
  '_socket',
  'bisect',
  'collections',
  'errno',
  'hashlib',
  'heapq',
  'json',
  'os',
  'select',
  'struct',
  'sys',
  'time',
] as const;

/** Milliseconds for a script in the place of python3 to name the interpreter, and for python3 to say its version. */
const timeouts = { shim: 2000, version: 8000 };

/**
 * Makes sure that this machine has a Python that runs the agent and pow.py, and gives its version.
 * @throws UsageError
 */
export async function requirePython(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string> {
  const path = env['PATH'] ?? usualPath;
  // A script in its place takes its time: it is asked once for all.
  const program = `import ${agentModules.join(', ')}; print("%d.%d.%d" % sys.version_info[:3]); print(sys.executable)`;
  const options = { timeout: timeouts.version, signal, env: { ...env, PATH: path } };
  const said = await outputOf('python3', ['-I', '-S', '-c', program], options).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw unusable(`python3 cannot be run on this machine: ${messageOf(error)}`, error);
  });
  const [version = '', executable = ''] = said.trim().split('\n');
  const [, major, minor] = /^(\d+)\.(\d+)\.\d+$/.exec(version)?.map(Number) ?? [];
  if (major === undefined || minor === undefined) {
    const words = version === '' ? 'nothing' : `'${visible(version)}'`;
    throw unusable(`python3 cannot be run on this machine: asked for its version, it printed ${words}`);
  }
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1]))
    throw unusable(`python3 is ${version}, older than ${oldest.join('.')}`);
  interpreterPaths.set(path, (await isScript(path)) ? pathOf(executable, path) : path);
  return version;
}

function unusable(message: string, cause?: unknown): UsageError {
  const hint = `install python3, ${oldest.join('.')} or later, or put the directory of one first in PATH`;
  return new UsageError('no-python', message, { about: 'python3', hint, cause });
}

async function withInterpreter(path: string, signal: AbortSignal | undefined): Promise<string> {
  try {
    const ask = ['-I', '-S', '-c', 'import sys; print(sys.executable)'];
    const options = { timeout: timeouts.shim, signal, env: { ...process.env, PATH: path } };
    return pathOf((await outputOf('python3', ask, options)).trim(), path);
  } catch {
    return path; // it does not work here, and will say so where it is needed
  }
}

function pathOf(executable: string, path: string): string {
  return executable === '' ? path : `${dirname(executable)}${delimiter}${path}`;
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
