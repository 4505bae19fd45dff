import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { Backend, programOf } from './backend.ts';

/** What to type when it is missing. */
export const motoRemedy = "python3 -m venv .moto && .moto/bin/pip install 'moto[server]'";

/** Where moto's server is: $CND_TEST_MOTO, the checkout's .moto, or $PATH. */
export function motoProgram(): string | undefined {
  return programOf('CND_TEST_MOTO', '.moto', 'moto_server');
}

/** The Python that moto is installed for: it has PyYAML, too. */
export function motoPython(program: string): string {
  const [first = ''] = readFileSync(program, 'utf8').split('\n', 1);
  const python = first.startsWith('#!') ? first.slice(2).trim() : '';
  return existsSync(python) ? python : join(dirname(program), 'python3');
}

/**
 * moto's server: EC2, SQS, S3 and Scheduler without AWS.
 * @param images Path of the file with the images there are.
 */
export async function startMoto(program: string, images: string): Promise<Backend> {
  return Backend.start({
    command: (port) => [program, '-H', '127.0.0.1', '-p', String(port)],
    env: () => ({ MOTO_AMIS_PATH: images, MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION: '1' }),
    ready: '/moto-api/',
    reset: '/moto-api/reset',
  });
}
