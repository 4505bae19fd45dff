import type { KubernetesApi } from '../api.ts';
import type { JobObject, Pod } from '../object.ts';
import { type Problem, jobProblem, podProblem, suspendedProblem } from './problem.ts';

/** What there is of a run, as it was just listed. */
export interface RunLook {
  readonly pods: readonly Pod[];
  readonly job: JobObject | undefined;
  /** Pods that are still to be created. */
  readonly missing: number;
}

/** Tells the user of a run what keeps its pods from running: each problem once. */
export class ProblemReport {
  readonly #notice: (message: string) => void;
  readonly #told = new Set<string>();

  constructor(notice: (message: string) => void) {
    this.#notice = notice;
  }

  /** Looks at a pod as it is now. */
  see(pod: Pod): void {
    this.#tell(podProblem(pod));
  }

  /** Looks at the pods that there are, and where some are missing at the Job, if it is there, and asks for its events. Never rejects. */
  async look(
    api: KubernetesApi,
    run: string,
    { pods, job, missing }: RunLook,
    signal?: AbortSignal,
  ): Promise<void> {
    for (const pod of pods) this.see(pod);
    if (missing === 0) return;
    if (job && pods.length === 0) this.seeJob(job);
    await this.ask(api, run, signal);
  }

  /** Looks at the Job as it is now. */
  seeJob(job: JobObject): void {
    this.#tell(suspendedProblem(job));
  }

  /** Asks why pods are missing. Never rejects. */
  async ask(api: KubernetesApi, run: string, signal: AbortSignal | undefined): Promise<void> {
    try {
      for (const warning of await api.jobWarnings(run, signal)) this.#tell(jobProblem(warning));
    } catch {
      // Who may not see events is told by the preflight.
    }
  }

  #tell(problem: Problem | undefined): void {
    if (!problem || this.#told.has(problem.key)) return;
    this.#told.add(problem.key);
    this.#notice(problem.message);
  }
}
