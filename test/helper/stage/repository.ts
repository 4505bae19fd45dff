import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's directory, also when this file was compiled into dist-stage/. */
export const repository = upwards(dirname(fileURLToPath(import.meta.url)));

function upwards(directory: string): string {
  return existsSync(join(directory, 'package.json')) ? directory : upwards(dirname(directory));
}
