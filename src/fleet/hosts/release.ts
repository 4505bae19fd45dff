import { CndError } from '../../error.ts';
import type { Access } from '../../session/ssh/access.ts';
import { connect } from '../../session/ssh/connect.ts';
import { target } from '../../session/ssh/access.ts';
import { type WorkerPlace, cleanCommand } from './command.ts';

/** Milliseconds to reach a host, and for it to say that it is clean. */
const timeout = { connect: 5000, clean: 10_000 };

/**
 * Ends what a worker left on its host and removes its files. Resolves on the host's own word alone.
 * @throws CndError when the host cannot be reached, or says that something is left.
 */
export async function release(access: Access, place: WorkerPlace): Promise<void> {
  const connection = await connect(access, { timeout: timeout.connect });
  try {
    const name = 'the cleanup';
    const { stdout } = await connection.run(cleanCommand(place), { timeout: timeout.clean, name });
    if (/^clean$/m.test(stdout.toString())) return;
    throw new CndError('not-clean', `${target(access)} does not say that it is clean`);
  } finally {
    await connection.close();
  }
}
