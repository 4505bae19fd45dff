import type { RunningSearch } from '../../engine/engine.ts';
import { messageOf } from '../../error.ts';
import type { Instance } from '../../instance.ts';
import { bootTime } from '../../state/boot.ts';
import { writeResumeState } from '../../state/resume-state.ts';
import type { RunContext } from '../context.ts';
import { Keeper, type KeptState } from './keeper.ts';
import { type RunSnapshot, snapshotText } from './snapshot.ts';

/** Keeps a run for another controller from now on; `search` gives its search once that has begun. */
export function keepRun(context: RunContext, search: () => RunningSearch | undefined): Keeper {
  const { run, env, clock } = context.inputs;
  return new Keeper({
    clock,
    look: () => lookAt(context, search()),
    write: (text) => writeResumeState(run, context.controller.epoch, text, env),
    onError: (error) => {
      if (!context.controller.isSuperseded)
        context.warn(`the state of the run cannot be kept: ${messageOf(error)}; it could not be resumed`);
    },
  });
}

/** Everything as it is now. */
function lookAt(context: RunContext, search: RunningSearch | undefined): KeptState {
  const { inputs, controller, phases, paid, launched } = context;
  const { run, config, start, kernel, fleet } = inputs;
  const searched = search?.snapshot?.();
  const snapshot: Omit<RunSnapshot, 'version'> = {
    run,
    config: { settings: { ...config.source.settings }, directory: config.source.directory },
    startedAt: start.wall,
    time: { elapsed: context.elapsed(), boot: bootTime() },
    phases: phases.times,
    key: controller.key,
    instructionSet: kernel.instructionSet,
    preflight: preflightOf(inputs),
    paidFrom: paid.from,
    resumes: resumesOf(inputs),
    series: inputs.series,
    launch:
      launched.length > 0 ? { instances: launched.map(instanceOf), handle: fleet.handle(run) } : undefined,
    search: searched?.value,
  };
  return { text: snapshotText(snapshot), onKept: searched?.onKept };
}

function preflightOf({ preflight }: RunContext['inputs']): RunSnapshot['preflight'] {
  if (!preflight) return undefined;
  const { owner, free, cost, costBasis, price } = preflight;
  return { owner, free, cost, costBasis, price };
}

function resumesOf({ earlier }: RunContext['inputs']): RunSnapshot['resumes'] {
  if (!earlier) return undefined;
  const { run, done, tested, candidate } = earlier;
  return {
    run,
    done: done.map(([lo, hi]) => [`${lo}`, `${hi}`]),
    tested: `${tested}`,
    ...(candidate && { candidate: { ...candidate, nonce: `${candidate.nonce}` } }),
  };
}

function instanceOf({ id, index, threads, type, zone }: Instance) {
  return { id, index, threads, type, zone };
}
