import { existsSync, linkSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { podFiles } from './kernel-image.ts';

/** Milliseconds between two looks for new pods. */
const interval = 50;

/** What the kernels of a scenario are given. */
export interface KernelFiles {
  /** The file they note in what they have done. It outlives their pods. */
  readonly record: string;
  /** Lines of a shell script that sets their environment. */
  readonly settings: string;
}

/**
 * Puts the record of a scenario, as a hard link, into each of its pods, whose kernels wait for it: what they note stays when the
 * pod is deleted, whichever part of the cluster is down.
 */
export class PodRecorder {
  readonly #pods: string;
  readonly #filesOf: (run: string) => KernelFiles | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #done = new Set<string>();

  /** @param filesOf What a run's kernels are given; undefined: it is not (yet) known. */
  constructor(clusterDirectory: string, filesOf: (run: string) => KernelFiles | undefined) {
    this.#pods = join(clusterDirectory, 'kubelet/pods');
    this.#filesOf = filesOf;
    this.#timer = setInterval(() => this.#look(), interval);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const uid of existsSync(this.#pods) ? readdirSync(this.#pods) : []) {
      if (!this.#done.has(uid) && this.#give(join(this.#pods, uid))) this.#done.add(uid);
    }
  }

  /** Whether there is no more to do. */
  #give(pod: string): boolean {
    try {
      // Its name is its run's and more; the kubelet may not have written it yet.
      const run = /cnd-(\d{8}-\d{6}-[0-9a-z]+)-/.exec(readFileSync(join(pod, 'etc-hosts'), 'utf8'))?.[1];
      const files = run === undefined ? undefined : this.#filesOf(run);
      if (!files) return false;
      const work = join(pod, 'volumes/kubernetes.io~empty-dir/work');
      writeFileSync(join(work, podFiles.settings), files.settings);
      linkSync(files.record, join(work, podFiles.record));
      return true;
    } catch {
      return false; // not yet, or not any more
    }
  }
}
