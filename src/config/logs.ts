import { resolve } from 'node:path';
import { judgeFile } from './config.ts';
import { readConfigFile } from './file.ts';
import { defaults } from './schema.ts';

/** Where the archive is, for commands that need no other setting. @throws UsageError when the file is wrong anywhere. */
export async function resolveLogs(path?: string): Promise<{ readonly directory: string }> {
  const file = await readConfigFile(path);
  const { logs } = file ? judgeFile(file) : {};
  return { directory: resolve(file?.directory ?? '.', logs?.directory ?? defaults.logs.directory) };
}
