/**
 * The second net of a run's dead-man's switch: a process that outlives a host which hangs or was killed. It is armed
 * before the first instance exists. When the host is gone it kills what the host left, as a power cut would; when time
 * is over it kills the host too and removes the run's directory.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isAlive } from '../../../state/process.ts';
import { armDeadMan } from './dead-man.ts';
import { removeDirectory } from '../directory.ts';
import { LineReader } from '../line-reader.ts';
import { readPlaceArguments } from '../spec.ts';
import { sweep } from '../sweep.ts';

/** Seconds that the host's own timers go first. */
const margin = 1;

const { run, directory, lifetime } = readPlaceArguments(process.argv.slice(2));
process.title = `cnd-local-watchdog ${run}`;
// It goes when the host goes, and not before: at a shutdown the host gets the same signal.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);

let finishing = false;
/** Then the run's directory goes too: no controller may be left to do it. */
let expired = false;

armDeadMan(lifetime + margin, () => {
  expired = true;
  void finish();
});
process.stdout.on('error', () => undefined).write('armed\n');
// Its stdin ends when the host does.
void new LineReader(process.stdin).next().then(finish);
const host = identify(process.ppid);
setInterval(() => {
  if (!host || !isAlive(host)) void finish();
}, 1000);

/** Ends the process once nothing of the run is left; until then it keeps trying. */
async function finish(): Promise<void> {
  if (finishing) return;
  finishing = true;
  for (let left = await sweep(run); left.length > 0; left = await sweep(run)) {
    process.stderr.write(`cannot kill ${left.map(({ pid }) => pid).join(', ')} of ${run}\n`);
    await sleep(1000);
  }
  if (expired) await removeDirectory(directory).catch(() => undefined);
  process.exit(0);
}
