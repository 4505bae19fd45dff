import { randomBytes } from 'node:crypto';
import type { RunSnapshot } from './snapshot.ts';
import { firstEpoch, isSuperseded } from '../../state/claim.ts';

/** This process as the one that drives a run: what its agents know it by, and whether it still does. */
export class Controller {
  readonly run: string;
  /** One run's secret. */
  readonly key: string;
  /** Of two controllers the one with the higher epoch counts. */
  readonly epoch: number;
  readonly #env: NodeJS.ProcessEnv;

  constructor(
    run: string,
    env: NodeJS.ProcessEnv,
    continued?: { readonly snapshot: Pick<RunSnapshot, 'key'>; readonly epoch: number },
  ) {
    this.run = run;
    this.key = continued?.snapshot.key ?? randomBytes(16).toString('hex');
    this.epoch = continued?.epoch ?? firstEpoch;
    this.#env = env;
  }

  /** Another process has taken the run up: nothing of the run is this one's any more. */
  get isSuperseded(): boolean {
    return isSuperseded(this.run, this.epoch, this.#env);
  }
}
