import type { KubernetesApi } from '../api.ts';
import type { Pod } from '../object.ts';
import { type Problem, jobProblem, podProblem } from './problem.ts';

/** Tells the user of a run what keeps its pods from running: each problem once. */
export class ProblemReport {
  readonly #notice: (message: string) => void;
  readonly #told = new Set<string>();

  constructor(notice: (message: string) => void) {
    this.#notice = notice;
  }

  /** Looks at the pods that there are, and asks for events where some are missing. Never rejects. */
  async look(
    api: KubernetesApi,
    run: string,
    pods: readonly Pod[],
    missing: number,
    signal?: AbortSignal,
  ): Promise<void> {
    for (const pod of pods) this.#tell(podProblem(pod));
    if (missing === 0) return;
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
