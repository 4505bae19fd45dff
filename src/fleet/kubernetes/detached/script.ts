import { podSyslog } from '../switch.ts';

/** Where the ConfigMap of a detached run is mounted. */
export const workerMount = '/cnd';

/** The keys of that ConfigMap. */
export const workerFiles = { worker: 'worker.tgz', job: 'job.json' } as const;

/** What a container leaves for whoever reads the status of its pod, as Kubernetes names it by default. */
const terminationMessage = '/dev/termination-log';

/** How it ends when the worker cannot be unpacked. */
const unpacked = 13;

/** What a detached pod does. */
export interface DetachedTimes {
  /** Seconds since 1970 and seconds from its start: the search ends at the earlier. */
  readonly search: { readonly end: number; readonly seconds: number };
  /** The same for the dead-man's switch. */
  readonly pod: { readonly end: number; readonly seconds: number };
}

/**
 * The first process of a pod that searches by itself. It unpacks the worker and runs the agent, whose exit code is its own, and
 * passes SIGTERM on to it, so that it still tells what it has done. Beside it runs a dead-man's switch: at the earlier of a time
 * and a number of seconds the agent is killed, and with its first process every other process of the container ends. Pure.
 */
export function detachedScript(run: string, { search, pod }: DetachedTimes): string {
  const { worker, job } = workerFiles;
  const agent = [
    'python3 -S -E detached.py',
    `${workerMount}/${job} "$JOB_COMPLETION_INDEX"`,
    `${search.end.toFixed(3)} ${search.seconds.toFixed(3)} ${terminationMessage}`,
  ].join(' ');
  return [
    `trap 't=1; [ -z "$p" ] || kill -TERM $p' TERM INT`,
    `echo "$(LC_ALL=C date "+%b %e %H:%M:%S") $(uname -n | cut -d. -f1) cnd-switch[$$]: run=${run} worker=$JOB_COMPLETION_INDEX armed" >>${podSyslog}`,
    `tar -xzf ${workerMount}/${worker} || exit ${unpacked}`,
    `${agent} & p=$!`,
    `[ -z "$t" ] || kill -TERM $p`,
    `(e=${Math.ceil(pod.end)}; s=${Math.max(1, Math.ceil(pod.seconds))}; n=0; while m=$((s-n)); l=$((e-$(date +%s))); [ $l -lt $m ] && m=$l; [ $m -gt 0 ]; do [ $m -gt 5 ] && m=5; sleep $m; n=$((n+m)); done; kill -KILL $p) &`,
    // A signal ends `wait`, too.
    'while wait $p; c=$?; kill -0 $p 2>/dev/null; do :; done',
    'exit $c',
  ].join('\n');
}
