import { shell } from '../../session/shell.ts';
import { runDirectory, workDirectory } from '../../session/work-directory.ts';

// What the fleet says to a shell on a host, as pure functions. Only what POSIX has and busybox too; no newlines, so that
// a login shell with other rules (fish, csh) passes the scripts on unchanged.

/** One worker's place on its host. */
export interface WorkerPlace {
  readonly run: string;
  readonly worker: number;
}

/** One worker, or all that a host has of a run. */
export type CleanPlace = Pick<WorkerPlace, 'run'> & Partial<WorkerPlace>;

/** Seconds between two looks of a guard at the wall clock. */
const guardStep = 5;

/** What every process of a worker carries in its environment, wherever it goes. The run's fixed length ends it. */
function tags({ run, worker }: WorkerPlace): string[] {
  return [`CND_RUN=${run}`, instanceTag(run, `${worker}`)];
}

function instanceTag(run: string, worker: string): string {
  return `CND_INSTANCE=h${worker}-${run}`;
}

/** Starts a worker's command with its tags, and its syslog in a file of its own: what else the host logs is private. */
export function tagCommand(place: WorkerPlace, command: string): string {
  return shell`exec env ${tags(place)} CND_SYSLOG=syslog /bin/sh -c ${command}`;
}

/**
 * Kills every process of a worker, or of all workers of a run, guards included, until two looks in a row find none, and removes
 * the directory. Says `clean`, or with exit code 1 what is left.
 */
export function cleanCommand(place: CleanPlace): string {
  return shell`exec /bin/sh -c ${cleanScript(place)}`;
}

/**
 * Makes a worker's directory and leaves a guard behind, which cleans up when the time is over, unless a later guard has
 * taken over; says `armed`. It acts on time alone: connections come and go meanwhile. `sleep` does not count for how long a host is
 * suspended, so that the wall clock is looked at every few seconds; a step back of that prolongs nothing.
 */
export function guardCommand(place: WorkerPlace, seconds: number): string {
  const { run, worker } = place;
  const whole = Math.max(1, Math.ceil(seconds));
  const script = [
    `umask 077`,
    `trap "" HUP INT TERM PIPE`,
    `w=$1`,
    `d=${workDirectory(run, worker)}`,
    // One program for all that is asked of the clock: a machine may have many guards armed at once.
    `set -- $(LC_ALL=C date "+%s %b %e %H:%M:%S")`,
    `g=$$.$1`,
    `e=$(($1+${whole}))`,
    // Of what it cannot write a shell may say no more than "I/O error"; cat says why, as strerror does.
    `mkdir -p "$d" || exit 73; echo $g 2>/dev/null >"$d/guard" || { echo $g | LC_ALL=C cat >"$d/guard"; exit 73; }`,
    // In the form of a syslog, so that there is a line even of a worker that could not be started.
    `h=$(uname -n)`,
    `{ printf "%s %2d %s %s " "$2" "$3" "$4" "\${h%%.*}"; echo "cnd-guard[$$]: run=${run} worker=${worker} armed"; } >>"$d/syslog"`,
    `(exec /bin/sh -c "$w" "$w" $g $e 0) </dev/null >/dev/null 2>&1 & echo armed`,
  ].join('; ');
  return shell`exec env ${tags(place)} /bin/sh -c ${script} sh ${guardScript(place, whole)}`;
}

/**
 * What a guard does, given its mark, its end by the wall clock and how long it has slept already: it waits by the clock that is faster, where
 * `date` says nothing (no memory, say) by what it slept; then it cleans up, unless a later guard has come. Where no process can be
 * started (RLIMIT_NPROC) a shell exits: it becomes itself again, a second later, by python3, which can wait without one.
 */
function guardScript(place: WorkerPlace, seconds: number): string {
  const wait = 'import os, sys, time; time.sleep(1); os.execv(sys.argv[1], sys.argv[1:])';
  return [
    `g=$1; e=$2; n=$3; d=${workDirectory(place.run, place.worker)}`,
    `again() { exec python3 -I -S -c "${wait}" /bin/sh -c "$0" "$0" $g $e $((n+1)); }`,
    `trap again EXIT`,
    // n have been slept, and by the wall clock l are left until e.
    `while m=$((${seconds}-n)); t=$(date +%s); l=$((e-\${t:-0})); [ $m -gt 0 ] && [ $l -gt 0 ]`,
    `do if [ $l -lt $m ]; then m=$l; fi; if [ $m -gt ${guardStep} ]; then m=${guardStep}; fi; sleep $m; n=$((n+m)); done`,
    // Without the tags, or it would kill itself.
    `if [ "$(cat "$d/guard")" = $g ]; then ${shell`exec env CND_RUN= CND_INSTANCE= /bin/sh -c ${cleanScript(place)}`}; fi`,
    `trap - EXIT`,
  ].join('; ');
}

/** Writes the lines of this worker, gzip-compressed, and of nobody else. */
export function syslogCommand({ run, worker }: WorkerPlace): string {
  const directory = workDirectory(run, worker);
  return shell`cat ${`${directory}/syslog`} ${`${directory}/agent.log`} 2>/dev/null | gzip -c`;
}

/** Without single quotes, so that it can be quoted twice and still hold no backslash between quotes (fish). */
function cleanScript({ run, worker }: CleanPlace): string {
  // As grep reads it.
  const tag = instanceTag(run, worker === undefined ? '[0-9]*' : `${worker}`);
  return [
    `d=${worker === undefined ? runDirectory(run) : workDirectory(run, worker)}`,
    // So that neither this script nor what it runs looks like what it seeks, where `ps` shows arguments as well.
    `p="[${tag[0]}]${tag.slice(1)}"`,
    // With /proc in one look at all environments; without it as ps shows them (macOS, the BSDs).
    `look() { if [ -r /proc/self/environ ]; then grep -ls "$p" /proc/[0-9]*/environ | cut -d/ -f3; else ps xeww -o pid=,command= | grep "$p" | while read -r i x; do echo $i; done; fi; }`,
    `n=0; q=0`,
    `while [ $q -lt 2 ] && [ $n -lt 80 ]; do n=$((n+1)); l=$(look); if [ -n "$l" ]; then q=0; kill -KILL $l 2>/dev/null; elif rm -rf "$d" 2>/dev/null && [ ! -e "$d" ]; then q=$((q+1)); continue; else q=0; fi; sleep 0.05 2>/dev/null || sleep 1; done`,
    `if [ $q -lt 2 ]; then echo "still there:" $(look) $(ls -d "$d" 2>/dev/null) >&2; exit 1; fi`,
    `rmdir ${runDirectory(run)} .cnd 2>/dev/null`,
    `echo clean`,
  ].join('; ');
}
