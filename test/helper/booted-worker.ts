import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { WorkerBundles } from '../../src/engine/agents/worker-bundle.ts';
import { bundleHeader } from '../../src/engine/agents/remote-command.ts';
import { shell } from '../../src/session/shell.ts';
import type { Exit, Session } from '../../src/session/session.ts';
import { type Bundle, type BundleFile, makeBundle } from '../../src/session/bundle.ts';

const bootScript = fileURLToPath(new URL('../../remote/boot.py', import.meta.url));

/** An attach.py that says where it is, and passes on what it is told. */
const attach = `import os, sys
def main():
    print('attached in', os.getcwd(), flush=True)
    os.write(1, os.read(0, 100))
`;

/** The command that receives a worker, whose attach.py is to be at that path. */
export function receiveCommand(script: string): string {
  return shell`umask 077; exec python3 -I -S -c ${new WorkerBundles().loader} ${script} 60`;
}

/** A bundle that can be booted, with these files besides. */
export function bootBundle(files: readonly BundleFile[] = []): Promise<Bundle> {
  return makeBundle([
    { name: 'boot.py', mode: 0o600, path: bootScript },
    { name: 'attach.py', mode: 0o600, content: attach },
    ...files,
  ]);
}

/** What the loader is sent: a bundle, and what follows it. */
export function bootInput(bundle: Bundle, line = 'hello\n'): Buffer {
  return Buffer.concat([Buffer.from(bundleHeader(bundle)), bundle.data, Buffer.from(line)]);
}

/** Boots a worker of these files in a directory, and tells what it said. */
export async function bootedWorker(
  session: Pick<Session, 'stream'>,
  directory: string,
  files: readonly BundleFile[],
): Promise<{ readonly said: string; readonly exit: Exit | 'lost' }> {
  const channel = await session.stream(receiveCommand(join(directory, 'attach.py')));
  channel.stderr.resume();
  channel.stdin.write(bootInput(await bootBundle(files)));
  return { said: await text(channel.stdout), exit: await channel.exit };
}
