import { join } from 'node:path';
import { resolveRun } from '../../archive/run-name.ts';
import { CndError, UsageError } from '../../error.ts';
import { journalName } from '../../event/file-name.ts';
import { followFile } from '../../event/journal-follow.ts';
import { runStart } from '../../run-id.ts';
import { isAlive } from '../../state/process.ts';
import { type RunState, listRunStates } from '../../state/run-state.ts';
import { visible } from '../../text.ts';
import type { Arguments } from '../command.ts';
import { openArchive, text } from '../logs/logs.ts';

/** Where the events of a run are read from. */
export interface JournalSource {
  readonly run: string;
  /** The moment T counts from, in milliseconds since the epoch. */
  readonly start: number;
  /** It is read from the archive, all at once. */
  readonly isArchived: boolean;
  /** The text of the journal: of a run that goes on as it grows, until its controller is gone. */
  read(signal: AbortSignal): AsyncIterable<string>;
  /** Why the journal has no end, once all of it is read. */
  whyUnended(): Promise<CndError>;
}

/**
 * The run that a person means by a run id, the beginning of one, or `last`: the newest. One whose controller is at work on
 * this machine comes first, then what else is under way, then the archive.
 * @throws UsageError
 */
export async function findJournal(given: Arguments, env: NodeJS.ProcessEnv): Promise<JournalSource> {
  const name = text(given['run']) ?? '';
  const states = await listRunStates(env);
  const state = meant(name, states);
  if (state) return liveSource(state, given, env);
  const archive = await openArchive(given);
  const run = await resolveRun(archive, name);
  const unended = states.find((other) => other.run === run);
  if (unended) return liveSource(unended, given, env);
  const source = await archive.open(run, journalName);
  return {
    run,
    start: runStart(run)?.getTime() ?? 0,
    isArchived: true,
    read: () => source.setEncoding('utf8') as AsyncIterable<string>,
    whyUnended: () =>
      Promise.resolve(
        new CndError('run-unfinished', `the journal of ${run} has no end: its controller was killed`, {
          about: run,
          hint: `continue it with: cnd resume ${run}; or see what is left of it with: cnd ps`,
        }),
      ),
  };
}

/** Of the runs under way the one that is meant, if it is one of them. @throws UsageError when it may be several. */
function meant(name: string, states: readonly RunState[]): RunState | undefined {
  const alive = states.filter(({ controller }) => isAlive(controller));
  // Sorted by id, which is by time.
  if (name === 'last') return alive.at(-1);
  if (name === '') return undefined;
  for (const group of [alive, states]) {
    const found = group.filter(({ run }) => run.startsWith(name));
    if (found.length > 1) {
      const ids = found.map(({ run }) => run).join(', ');
      throw new UsageError('ambiguous-run', `several runs begin with '${visible(name)}': ${ids}`, {
        about: name,
        hint: 'give more characters of it',
      });
    }
    if (found[0]) return found[0];
  }
  return undefined;
}

function liveSource(
  { run, folder, startedAt }: RunState,
  given: Arguments,
  env: NodeJS.ProcessEnv,
): JournalSource {
  const stateNow = async (): Promise<RunState | undefined> =>
    (await listRunStates(env)).find((state) => state.run === run);
  return {
    run,
    start: Date.parse(startedAt),
    isArchived: false,
    async *read(signal) {
      // One that an older cnd drives does not say where: most are started where they are watched.
      const path = join(folder ?? (await localFolder(run, given)), journalName);
      const isOver = async (): Promise<boolean> => {
        const state = await stateNow();
        return !state || !isAlive(state.controller);
      };
      yield* followFile(path, isOver, signal);
    },
    async whyUnended() {
      const state = await stateNow();
      if (!state)
        return new CndError('run-ended', `run ${run} is over`, {
          about: run,
          hint: `see what is kept of it with: cnd logs replay ${run}`,
        });
      const { pid } = state.controller;
      return new CndError('controller-gone', `the controller of ${run}, pid ${pid}, is no longer running`, {
        about: run,
        hint: `continue the run with: cnd resume ${run}; or terminate what is left with: cnd scram --run ${run}`,
      });
    },
  };
}

async function localFolder(run: string, given: Arguments): Promise<string> {
  const archive = await openArchive(given);
  return (archive.spool ?? archive).location(run);
}
