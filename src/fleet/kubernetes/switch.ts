/** How a pod's first process ends by itself: at its end, or because it was told to. Neither is 0, which a Job takes for success. */
const exitCode = { over: 4, told: 5 } as const;

/** Seconds between two looks at the clock. */
const step = 5;

/** Where a pod's worker lives, and the only place it can write to. */
export const podDirectory = '/work';

/** Where its syslog is. */
export const podSyslog = `${podDirectory}/syslog`;

/**
 * The first process of a pod, a dead-man's switch: it ends at the earlier of a time and a number of seconds, and with it
 * every other process of the container, whatever became of the controller, the kubelet and the API server. It ends at once
 * on SIGTERM, reaps what is left to it, and searches nothing. Pure.
 * @param end Seconds since 1970: a pod that was pending for long must not live longer for it.
 * @param seconds From its start: the clock of its node may be wrong.
 */
export function switchScript(run: string, end: number, seconds: number): string {
  return [
    `trap "exit ${exitCode.told}" TERM INT`,
    `e=${Math.ceil(end)}`,
    `s=${Math.max(1, Math.ceil(seconds))}`,
    'n=0',
    `echo "$(LC_ALL=C date "+%b %e %H:%M:%S") $(uname -n | cut -d. -f1) cnd-switch[$$]: run=${run} worker=$JOB_COMPLETION_INDEX armed" >>${podSyslog}`,
    `while m=$((s-n)); l=$((e-$(date +%s))); [ $l -lt $m ] && m=$l; [ $m -gt 0 ]; do [ $m -gt ${step} ] && m=${step}; sleep $m & wait $!; n=$((n+m)); done`,
    `exit ${exitCode.over}`,
  ].join('; ');
}

/** Writes the syslog of the only worker of a pod, gzip-compressed. */
export function podSyslogCommand(directory: string): string {
  return `cat ${podSyslog} ${directory}/agent.log 2>/dev/null | gzip -c`;
}
