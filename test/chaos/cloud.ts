import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RecordingKernel } from '../helper/recording-kernel.ts';
import { Stage } from '../helper/stage/stage.ts';
import { type StagePlace, stagePlace } from '../helper/stage/workspace.ts';
import { type CloudRun, inflictOnCloud } from './cloud-fault.ts';
import { cloudViolations, observed } from './cloud-invariant.ts';
import { recount } from './oracle.ts';
import { within } from './play.ts';
import type { Played } from './report.ts';
import type { Scenario } from './scenario.ts';

/** Seconds after T in which every instance is gone, even if nobody is left to terminate it; and some for the stage itself. */
const grace = 60 + 5;

/** Seconds after T for which what costs nothing may still be deleted. */
const deleting = 180;

/** Seconds of T that are kept for the teardown. */
const teardown = 20;

/** Nonces per second of each kernel: what is tried here is AWS, and other runs want the processors. */
const pace = 20_000;

/** The EC2 of all scenarios of this process, each of which is played by a user of its own. */
export class Cloud {
  #stage: Promise<Stage> | undefined;
  #kernel: RecordingKernel | undefined;
  #users = 0;
  readonly #keep: string | undefined;

  /** @param keep A directory for what each run leaves in its own, and for what it said. */
  constructor(keep: string | undefined) {
    this.#keep = keep;
  }

  /** Plays a scenario to its end, and says what was promised and not kept. `slack`: seconds that a busy machine may be late by. */
  async play(scenario: Scenario, slack: number): Promise<{ played: Played; violations: string[] }> {
    const kernel = (this.#kernel ??= new RecordingKernel({ pace, isGated: false }));
    this.#stage ??= Stage.open({
      pending: 200,
      shuttingDown: 200,
      vcpus: 10_000,
      sharedDirectory: kernel.directory,
    });
    const stage = await this.#stage;
    this.#users += 1;
    const place = stagePlace(stage, { name: `chaos${this.#users}` });
    try {
      return await playOn(stage, place, scenario, slack, (run) => kernel.record(run));
    } finally {
      if (this.#keep !== undefined)
        cpSync(place.directory, join(this.#keep, `${scenario.seed}-${this.#users}`), { recursive: true });
      place.remove();
    }
  }

  async close(): Promise<void> {
    const stage = await this.#stage;
    await stage?.close();
    this.#kernel?.remove();
  }
}

async function playOn(
  stage: Stage,
  place: StagePlace,
  scenario: Scenario,
  slack: number,
  recordOf: (run: string) => string,
): Promise<{ played: Played; violations: string[] }> {
  const { timeLimit, faults } = scenario;
  const begin = performance.now();
  const until = (seconds: number): number => seconds - (performance.now() - begin) / 1000;
  const cnd = place.start(`start ${flags(scenario)} --json`);
  const planned = cnd.event('run.planned').then(
    ({ run }) => run,
    () => undefined,
  );
  const inflicted: (boolean | undefined)[] = faults.map(() => undefined);
  const over = within(cnd.ended, until(timeLimit));
  const on: CloudRun = { stage, place, cnd, run: planned, over, repairs: [], scrams: [], resumed: [] };
  let isOver = false;
  // What waits for something that does not come happens in mid-search all the same, which ends before the teardown.
  const latestFault = (timeLimit - teardown) * 0.7;
  const cast = faults.map(async ({ at, delay, action }, index) => {
    if (at !== 'start')
      await within(
        cnd.event(at).catch(() => {}),
        Math.max(0, until(latestFault)),
      );
    await sleep(delay);
    if (!isOver) inflicted[index] = await inflictOnCloud(action, on);
  });

  const latest = timeLimit + deleting + slack;
  const ended = await within(cnd.ended, until(latest));
  // Who takes the run up does so after its end.
  if (faults.some(({ action }) => action.do === 'resume')) await within(Promise.all(cast), until(timeLimit));
  const resumed = await Promise.all(on.resumed.map(async (each) => within(each.ended, until(latest))));
  const seconds = (performance.now() - begin) / 1000;
  isOver = true;
  await within(Promise.all(cast), 15);
  const violations: string[] = [];
  const run = await within(planned, 1);
  for (const [index, each] of [ended, ...resumed].entries())
    writeFileSync(join(place.directory, `said-${index}`), `${each?.stdout}${each?.stderr}${each?.code}\n`);
  const events = observed(
    run,
    [ended, ...resumed],
    join(place.directory, 'logs', String(run), 'events.ndjson'),
  );
  const isStruck = faults.some(({ action }) => action.do === 'api');

  // T: whatever happened to the controller, no instance lives on after T and the switches' grace.
  const living = (): string[] =>
    place.instances().flatMap(({ id, state }) => (isGone(state) ? [] : [`${id} ${state}`]));
  const left = events.ended?.['left'];
  if (Array.isArray(left) && left.length === 0 && living().length > 0)
    violations.push(`"terminated" was said of ${living().join()}`);
  // Half of those whose controller is gone are ended by a scram from anywhere, the others by their switches alone.
  const isScrammed = scenario.seed % 2 === 0;
  if (!isScrammed) {
    while (living().length > 0 && until(timeLimit + grace + slack) > 0) await sleep(200);
    if (living().length > 0) violations.push(`left ${grace} s after T: ${living().join()}`);
  }
  for (const repair of on.repairs) repair();
  place.resume();
  for (const scram of on.scrams) {
    const { code, stderr } = await scram;
    if (code !== 0 && !(isStruck && code === 4))
      violations.push(`a scram beside it exits ${code}: ${stderr.slice(-400)}`);
  }
  if (!ended) cnd.child.kill('SIGKILL');
  const scram = await place.run('scram');
  if (scram.code !== 0) violations.push(`scram exits ${scram.code}: ${scram.stderr.slice(-400)}`);
  await place.untilClean(10).catch((error: unknown) => violations.push(`after a scram: ${String(error)}`));
  if (!ended) violations.push(`the controller was still there ${deleting} s after T`);

  const record = recordOf(run ?? 'none');
  violations.push(...cloudViolations({ scenario, ended, resumed, events, record, slack }));
  return { played: { ...playedOf(), nonces: noncesOf(record) }, violations };

  function playedOf(): Omit<Played, 'nonces'> {
    const outcome = events.ended?.['outcome'];
    return {
      scenario,
      outcome: typeof outcome === 'string' ? outcome : undefined,
      ended: ended && { code: ended.code, signal: ended.signal, seconds },
      inflicted,
      slack,
      memory: 0,
      // Where a call hangs it is no wonder.
      isInconclusive:
        !isStruck && (ended?.stderr.includes('the checks before the launch did not finish') ?? false),
    };
  }
}

function flags(scenario: Scenario): string {
  const { timeLimit, instances, difficulty, from, size, chunk, smallest, replace } = scenario;
  const values = { N: instances, T: timeLimit, D: difficulty, from, limit: from + size, chunk };
  const words = Object.entries(values).map(([name, value]) => `--${name} ${value}`);
  return [...words, ...(smallest ? ['--smallest'] : []), ...(replace ? ['--replace'] : [])].join(' ');
}

function isGone(state: string): boolean {
  return state === 'shutting-down' || state === 'terminated';
}

function noncesOf(record: string): number {
  try {
    return recount(record).reduce((sum, [lo, hi]) => sum + hi - lo, 0);
  } catch {
    return 0; // no kernel of it ever began
  }
}
