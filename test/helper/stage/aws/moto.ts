import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { freePort } from '../../ssh-server.ts';
import { repository } from '../repository.ts';

/** What to type when it is missing. */
export const motoRemedy = "python3 -m venv .moto && .moto/bin/pip install 'moto[server]'";

/** Where moto's server is: $CND_TEST_MOTO, the checkout's .moto, or $PATH. */
export function motoProgram(): string | undefined {
  const named = process.env['CND_TEST_MOTO'];
  const path = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'moto_server'));
  const candidates = [...(named ? [named] : []), join(repository, '.moto/bin/moto_server'), ...path];
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The Python that moto is installed for: it has PyYAML, too. */
export function motoPython(program: string): string {
  const [first = ''] = readFileSync(program, 'utf8').split('\n', 1);
  const python = first.startsWith('#!') ? first.slice(2).trim() : '';
  return existsSync(python) ? python : join(dirname(program), 'python3');
}

/** moto's server: EC2, SQS, S3 and STS without AWS. */
export class Moto {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** @param images Path of the file with the images there are. */
  static async start(program: string, images: string): Promise<Moto> {
    const port = await freePort();
    // It ends with this process, however that ends.
    const command = ['--pdeathsig', 'KILL', program, '-H', '127.0.0.1', '-p', String(port)];
    const env = { ...process.env, MOTO_AMIS_PATH: images, MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION: '1' };
    const child = spawn('setpriv', command, { stdio: ['ignore', 'ignore', 'pipe'], env });
    let said = '';
    child.stderr.on('data', (data: Buffer) => (said = `${said}${data.toString()}`.slice(-4000)));
    child.on('error', (error) => (said += error.message));
    for (const end = performance.now() + 60_000; performance.now() < end; await sleep(50)) {
      if (child.exitCode !== null || child.pid === undefined) break;
      const up = await fetch(`http://127.0.0.1:${port}/moto-api/`).catch(() => undefined);
      await up?.arrayBuffer();
      if (up?.ok) return new Moto(child, port);
    }
    child.kill('SIGKILL');
    throw new Error(`${program} did not start: ${said}`);
  }

  async reset(): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${this.port}/moto-api/reset`, { method: 'POST' });
    await answer.arrayBuffer();
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }
}
