import { hostname } from 'node:os';
import { z } from 'zod';
import type { Archive } from '../../archive/archive.ts';
import { CndError } from '../../error.ts';
import { checkpointName, resumedName, resumedNumber } from '../../event/file-name.ts';
import { isRunId, requireRunId } from '../../run-id.ts';
import { userAtHost } from '../../state/invoker.ts';
import { identify, isAlive } from '../../state/process.ts';
import { listRunStates } from '../../state/run-state.ts';
import { readEntry, readRecord } from './past-run.ts';

// A run that is over is resumed by one new run: what two of them search, both search. Which one it is stands in the archive, beside
// the record, where every machine that can resume it sees it; the notes are numbered, and each can be made once.

/** Characters of the longest note that is read. */
const longestNote = 10_000;

const code = 'already-resumed';

/** Others may be able to write it. */
const noteSchema = z.object({
  /** The run that resumes. */
  run: z.string().refine(isRunId),
  by: z.string().max(1000),
  host: z.string().max(255),
  controller: z.object({ pid: z.int().positive(), start: z.string().max(100) }),
  /** When that run is over at the latest. */
  expiresAt: z.iso.datetime(),
});

type Note = z.output<typeof noteSchema>;

/** Whether an error says that another run resumes one. */
export function isAlreadyResumed(error: unknown): boolean {
  return error instanceof CndError && error.code === code;
}

/** Makes sure that no other run resumes this one. @throws CndError `already-resumed` */
export async function requireUnresumed(archive: Archive, run: string, env: NodeJS.ProcessEnv): Promise<void> {
  const { note } = await newest(archive, run);
  if (note && (await counts(note, archive, env))) throw alreadyResumed(run, note);
}

/**
 * Notes that a new run resumes this one, just before it launches. Of all that try at once, from whatever machine, exactly one does.
 * @throws CndError `already-resumed` for all others; the error of the archive where nothing can be noted.
 */
export async function noteResumption(
  archive: Archive,
  run: string,
  { by, expiresAt }: { readonly by: string; readonly expiresAt: Date },
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const controller = identify(process.pid) ?? { pid: process.pid, start: '' };
  const host = hostname();
  const own: Note = {
    run: requireRunId(by),
    by: userAtHost(),
    host,
    controller,
    expiresAt: expiresAt.toISOString(),
  };
  for (;;) {
    const { note, number } = await newest(archive, run);
    // Its answer may have been lost.
    if (note?.run === by) return;
    if (note && (await counts(note, archive, env))) throw alreadyResumed(run, note);
    if (await archive.claim(run, resumedName(number + 1), `${JSON.stringify(own)}\n`)) return;
  }
}

/** The last note, where it can be read, and its number; 0: there is none. */
async function newest(
  archive: Archive,
  run: string,
): Promise<{ readonly note?: Note; readonly number: number }> {
  const names = (await archive.entries(run)).map(({ name }) => name);
  const number = Math.max(0, ...names.map((name) => resumedNumber(name) ?? 0));
  if (number === 0) return { number };
  try {
    const content = await readEntry(archive, run, resumedName(number), longestNote);
    return { number, ...(content !== undefined && { note: noteSchema.parse(JSON.parse(content)) }) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return { number };
    throw error;
  }
}

/** Whether a run that was noted came to be: it launches or searches, or can be resumed itself, or has come to its result. */
async function counts(
  { run, host, controller, expiresAt }: Note,
  archive: Archive,
  env: NodeJS.ProcessEnv,
): Promise<boolean> {
  const state = (await listRunStates(env)).find((one) => one.run === run);
  if (state && (!state.preparing || isAlive(state.controller))) return true;
  if ((await archive.entries(run)).some(({ name }) => name === checkpointName)) return true;
  if ((await readRecord(archive, run))?.ended) return true;
  // With a bucket it is there at its end alone.
  return host === hostname() ? isAlive(controller) : Date.parse(expiresAt) > Date.now();
}

function alreadyResumed(run: string, { run: by }: Note): CndError {
  return new CndError(code, `run ${run} was already resumed as ${by}`, {
    about: run,
    hint: `go on with that one: cnd resume ${by}; terminate what is left of this one: cnd scram --run ${run}`,
  });
}
