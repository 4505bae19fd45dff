import type { Layer } from '../../config/layer.ts';
import { Stopwatch, processStart, systemClock } from '../../clock.ts';
import { fileUsageError } from '../../file-error.ts';
import type { OnLaunch } from '../../run/context.ts';
import { Interrupts } from '../../run/interrupt.ts';
import { expiryOf, runNote } from '../../run/note.ts';
import type { EarlierRun } from '../../run/record/earlier.ts';
import { newRunId } from '../../run-id.ts';
import { removeRunState, takeScramNote, writeRunState } from '../../state/run-state.ts';
import { stateDirectory, statePlace } from '../../state/state.ts';
import type { Arguments } from '../command.ts';
import type { ChosenN } from './auto.ts';
import { checkLocally, required } from './check.ts';
import { interruptOnSignals } from './run-signal.ts';
import type { SeriesPart } from './series-part.ts';

/** `cnd start`: one run, from launch to scram; gives the exit code. */
export function start(flags: Arguments): Promise<number> {
  return startRun(flags);
}

/** A run of one's own, one that resumes another, with the settings of that, or a part of a series; gives the exit code. */
export async function startRun(
  given: Arguments,
  past: {
    readonly earlier?: EarlierRun;
    readonly settings?: Layer;
    readonly part?: SeriesPart;
    readonly onLaunch?: OnLaunch;
  } = {},
): Promise<number> {
  const { env } = process;
  const { earlier, part, onLaunch } = past;
  const begin = part?.start ?? processStart;
  const { flags, chosen } = await withInstances(given, env);
  const path = typeof flags['config'] === 'string' ? flags['config'] : undefined;
  const { config, fleet } = required(await checkLocally({ flags, env, path, resumed: past.settings }));
  const interrupts = part?.interrupts ?? new Interrupts();
  const startedAt = new Date(begin.wall);
  const run = newRunId(startedAt);
  if (!part) interruptOnSignals(interrupts, () => takeScramNote(run, env));
  let hasStarted = false;
  try {
    let endPrepared: (() => Promise<void>) | undefined;
    if (flags['dry-run'] !== true) {
      // A scram from now on stops it, before it creates anything.
      const note = { ...runNote(run, fleet, config, startedAt), preparing: true };
      await writeRunState(note, env).catch((error: unknown) => {
        throw fileUsageError(error, statePlace(env), stateDirectory(run, env), 'written');
      });
      const expiresAt = expiryOf(startedAt, config.timeLimit, fleet);
      const elapsed = new Stopwatch(systemClock, begin).elapsed();
      const lifetime = config.timeLimit + fleet.timing.grace - elapsed;
      endPrepared = fleet.prepare?.({ run, count: config.instances, lifetime, expiresAt });
    }
    try {
      // All that a run needs is loaded meanwhile.
      const { beginRun } = await import('./begin.ts');
      const onStart = () => (hasStarted = true);
      return await beginRun({
        run,
        flags,
        config,
        fleet,
        interrupts,
        begin,
        earlier,
        part,
        chosen,
        env,
        onStart,
        onLaunch,
      });
    } finally {
      await endPrepared?.();
    }
  } catch (error) {
    if (!hasStarted) await removeRunState(run, env).catch(() => {}); // the first error counts
    // Asked to stop while nothing had been created yet; a bug is told as one.
    const { cause } = interrupts;
    if (cause && cause.exitCode > 128) return cause.exitCode;
    throw error;
  }
}

/** The flags with an N that is a number. @throws UsageError */
async function withInstances(flags: Arguments, env: NodeJS.ProcessEnv): Promise<ChosenN> {
  if (flags['N'] !== 'auto' && flags['confidence'] === undefined) return { flags };
  return (await import('./auto.ts')).chooseInstances(flags, env);
}
