import { resolve } from 'node:path';
import type { AwsSettings } from '../aws/client.ts';
import { validateFile } from './config.ts';
import { readConfigFile } from './file.ts';
import { type Settings, defaults } from './schema.ts';

/** Where the archive is, for commands that need no other setting. @throws UsageError when the file is wrong anywhere. */
export async function resolveLogs(path?: string): Promise<LogsLocation> {
  const file = await readConfigFile(path);
  const { logs, aws, tags } = file ? validateFile(file) : {};
  const directory = resolve(file?.directory ?? '.', logs?.directory ?? defaults.logs.directory);
  return { logs: { ...logs, directory }, aws: aws ?? {}, tags };
}

/** Where the archive is, and as whom AWS is called if it is there. */
export interface LogsLocation {
  readonly logs: Settings['logs'];
  readonly aws: AwsSettings;
  /** The user's own tags, for a bucket that is created. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}
