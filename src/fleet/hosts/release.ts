import { CndError } from '../../error.ts';
import { succeeded } from '../../session/exec.ts';
import type { Session } from '../../session/session.ts';
import type { Access } from '../../session/ssh/access.ts';
import { connect } from '../../session/ssh/connect.ts';
import { within } from '../../wait.ts';
import { type CleanPlace, cleanCommand } from './command.ts';

/** Milliseconds for a host to say that it is clean: over the run's own session, and over a connection made for it. */
const timeout = { open: 5_000, made: 10_000 };

/** Milliseconds after which a session that has not answered may be half open: it is waited for, but not alone. */
const hedge = 700;

/**
 * Ends what a worker, or a run, left on a host and removes its files, over the session that is open if it answers soon: a new connection
 * may be one too many for the host or for what is in front of it. Resolves on the host's own word alone.
 * @param connectTimeout Milliseconds for each step of a new connection; see `ConnectOptions.timeout`.
 * @throws CndError when the host cannot be reached, or says that something is left.
 */
export async function release(
  access: Access,
  place: CleanPlace,
  open: Session | undefined,
  connectTimeout?: number,
): Promise<void> {
  const overOpen = open ? isClean(open, place, timeout.open).catch(() => false) : Promise.resolve(false);
  if (await within(hedge, overOpen)) return;
  const enough = new AbortController();
  const anew = releaseAnew(access, place, enough.signal, connectTimeout);
  // Whichever says so first; that the session did not is no news.
  await Promise.race([anew, overOpen.then((clean) => (clean ? undefined : anew))]).finally(() =>
    enough.abort(),
  );
}

/** Over a connection of its own, which is given up when the signal aborts. */
async function releaseAnew(
  access: Access,
  place: CleanPlace,
  signal: AbortSignal,
  connectTimeout: number | undefined,
): Promise<void> {
  const bounds = connectTimeout === undefined ? {} : { timeout: connectTimeout };
  const connection = await connect(access, { ...bounds, signal });
  try {
    if (await isClean(connection, place, timeout.made)) return;
    throw new CndError('not-clean', `${connection.address} did not confirm its cleanup`);
  } finally {
    await connection.close();
  }
}

/** Whether the host, after the cleanup, says that nothing is left. @throws CndError as `Session.exec`, `succeeded` do. */
async function isClean(session: Session, place: CleanPlace, timeout: number): Promise<boolean> {
  const name = 'the cleanup';
  const result = await session.exec(cleanCommand(place), { timeout, name });
  return /^clean$/m.test(succeeded(session, name, result).stdout.toString());
}
