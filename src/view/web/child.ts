import { createWriteStream } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../error.ts';
import { journalName } from '../../event/file-name.ts';
import { followFile } from '../../event/journal-follow.ts';
import type { WebProcessSettings, FromWebProcess } from './web-process.ts';
import { watchInBrowser } from './web-watch.ts';

// The process that `--web` has: it reads the journal as `cnd watch` does, so that nothing of it can hold up the run. It is in
// a session of its own, signals of the terminal are not for it; it ends with the run, or with the controller.

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the controller is of the same version
const { run, start, folder } = JSON.parse(process.argv[2] ?? '{}') as WebProcessSettings;
process.title = 'cnd web';
const controller = process.ppid;
const control = createWriteStream('', { fd: 3 });
control.on('error', () => {});
const tell = (message: FromWebProcess): Promise<void> =>
  new Promise((resolve) => control.write(`${JSON.stringify(message)}\n`, () => resolve()));

try {
  // The search comes first.
  setPriority(10);
} catch {
  // as it is, then
}
const isOver = (): Promise<boolean> => Promise.resolve(process.ppid !== controller);
const leaving = new AbortController();
process.on('SIGTERM', () => leaving.abort());
let exitCode = 0;
try {
  await watchInBrowser(
    {
      run,
      start,
      port: 0,
      awaitsScram: false,
      read: (signal) => followFile(join(folder, journalName), isOver, signal),
      onAddress: (address) => void tell({ address }),
    },
    leaving.signal,
  );
} catch (error) {
  await tell({ failure: messageOf(error) });
  exitCode = 1;
}
process.exit(exitCode);
