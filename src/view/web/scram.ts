import { spawn } from 'node:child_process';
import { packagePath } from '../../package.ts';

/** The command line, found the same from src/ and from dist/. */
const bin = packagePath('bin/cnd.js');

/**
 * Runs `cnd scram --run RUN`, as a process of its own that goes on whatever becomes of this one. Gives what to tell of it.
 * Never rejects.
 */
export function scramByCommand(run: string): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [bin, 'scram', '--run', run], { stdio: 'ignore', detached: true });
    const tell = (how: string): void =>
      resolve(`It is not confirmed that everything is terminated (${how}). Run: cnd scram --run ${run}`);
    child.on('error', (error) => tell(error.message));
    child.on('exit', (code, signal) => {
      if (code === 0) resolve('Everything of this run is terminated.');
      else tell(signal ?? `exit code ${code}`);
    });
  });
}
