import { join } from 'node:path';
import { z } from 'zod';
import { CndError, isMissing, messageOf } from '../../../error.ts';
import { withFileErrors } from '../../../file-error.ts';
import { readTextFile, replaceFile } from '../../../file.ts';
import type { ClusterPlace } from '../../../kubernetes/kubeconfig.ts';
import { makeStateRoot, openStateRoot, statePlace, stateRoot } from '../../../state/state.ts';

/** Milliseconds after the end of a run in which its Job may still be there. */
const kept = 3600_000;

const launches = z.array(
  z.object({
    context: z.string(),
    namespace: z.string(),
    /** When the last of the runs there is over: T + grace after its start. */
    until: z.iso.datetime(),
  }),
);

/** Where `ps` and `scram` look: the places that this user has launched in, until what was launched has ended by itself. */
function launchesPath(env: NodeJS.ProcessEnv): string {
  return join(stateRoot(env), 'kubernetes.json');
}

/** Notes, before the launch, where this user launches. */
export async function recordPlace(
  env: NodeJS.ProcessEnv,
  { context, namespace }: ClusterPlace,
  expiresAt: Date,
): Promise<void> {
  const known = await readLaunches(env);
  const isSame = (other: ClusterPlace): boolean => other.context === context && other.namespace === namespace;
  const before = known.find(isSame)?.until ?? '';
  const until = expiresAt.toISOString();
  const launch = { context, namespace, until: before > until ? before : until };
  await makeStateRoot(env);
  const path = launchesPath(env);
  const text = `${JSON.stringify([...known.filter((other) => !isSame(other)), launch])}\n`;
  await withFileErrors(statePlace(env), path, 'written', () => replaceFile(path, text, { sync: true }));
}

/**
 * The places in which something of this user may be.
 * @throws CndError when they are noted but cannot be read: then nobody knows where to look.
 */
export async function launchPlaces(env: NodeJS.ProcessEnv): Promise<ClusterPlace[]> {
  return (await readLaunches(env)).map(({ context, namespace }) => ({ context, namespace }));
}

async function readLaunches(env: NodeJS.ProcessEnv): Promise<z.output<typeof launches>> {
  await openStateRoot(env);
  const path = launchesPath(env);
  try {
    const all = launches.parse(JSON.parse(await readTextFile(path)));
    return all.filter(({ until }) => Date.parse(until) + kept > Date.now());
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw new CndError(
      'state-damaged',
      `the contexts and namespaces of earlier launches cannot be read: ${messageOf(cause)}`,
      {
        about: path,
        hint: `check each with: cnd scram --context CONTEXT --namespace NAMESPACE; then: rm ${path}`,
        cause,
      },
    );
  }
}
