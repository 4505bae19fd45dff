import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { CndError, isMissing, messageOf } from '../../../error.ts';
import { withFileErrors } from '../../../file-error.ts';
import { readTextFile, replaceFile } from '../../../file.ts';
import type { ClusterPlace } from '../../../kubernetes/kubeconfig.ts';
import { makeStateRoot, openStateRoot, removeBelow, stateRoot, statePlace } from '../../../state/state.ts';

// Where `ps` and `scram` look: the places that this user has launched in, until what was launched has ended by itself. Several
// launches may note theirs at once: each writes a file of its own, and removes then those that say no more than that.

/** Milliseconds after the end of a run in which its Job may still be there. */
const kept = 3600_000;

/** Looks for notes while others replace them, at most. */
const attempts = 10;

const launches = z.array(
  z.object({
    context: z.string(),
    namespace: z.string(),
    /** When the last of the runs there is over: T + grace after its start. */
    until: z.iso.datetime(),
  }),
);

type Launch = z.output<typeof launches>[number];

/** One file of them. */
interface Note {
  readonly path: string;
  readonly launches: readonly Launch[];
}

/** Notes, before the launch, where this user launches. */
export async function recordPlace(
  env: NodeJS.ProcessEnv,
  { context, namespace }: ClusterPlace,
  expiresAt: Date,
): Promise<void> {
  const until = expiresAt.toISOString();
  const isSame = (other: ClusterPlace): boolean => other.context === context && other.namespace === namespace;
  const notes = await readNotes(env);
  if (notes.some((note) => note.launches.some((other) => isSame(other) && other.until >= until))) return;
  const root = await makeStateRoot(env);
  const path = join(root, `kubernetes-${randomBytes(8).toString('hex')}.json`);
  const text = `${JSON.stringify([{ context, namespace, until } satisfies Launch])}\n`;
  await withFileErrors(statePlace(env), path, 'written', () => replaceFile(path, text, { sync: true }));
  const superseded = notes.filter((note) => note.launches.every((other) => isSame(other) || isOver(other)));
  for (const note of superseded) await removeBelow(root, note.path).catch(() => {});
}

/**
 * The places in which something of this user may be.
 * @throws CndError when they are noted but cannot be read: then nobody knows where to look.
 */
export async function launchPlaces(env: NodeJS.ProcessEnv): Promise<ClusterPlace[]> {
  const places = new Map<string, ClusterPlace>();
  for (const note of await readNotes(env)) {
    for (const launch of note.launches) {
      const { context, namespace } = launch;
      if (!isOver(launch)) places.set(JSON.stringify([context, namespace]), { context, namespace });
    }
  }
  return [...places.values()];
}

function isOver({ until }: Launch): boolean {
  return Date.parse(until) + kept <= Date.now();
}

async function readNotes(env: NodeJS.ProcessEnv): Promise<Note[]> {
  if ((await openStateRoot(env)) === undefined) return [];
  const root = stateRoot(env);
  for (let attempt = 1; ; attempt++) {
    const names = await withFileErrors(statePlace(env), root, 'read', () => readdir(root));
    const own = names.filter((name) => /^kubernetes(-[0-9a-f]{16})?\.json$/.test(name)).toSorted();
    try {
      return await Promise.all(own.map((name) => readNote(join(root, name))));
    } catch (error) {
      // Replaced meanwhile, by one that says as much.
      if (!isMissing(error) || attempt === attempts) throw error;
    }
  }
}

async function readNote(path: string): Promise<Note> {
  try {
    return { path, launches: launches.parse(JSON.parse(await readTextFile(path))) };
  } catch (cause) {
    if (isMissing(cause)) throw cause;
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
