import { setTimeout as sleep } from 'node:timers/promises';
import { eventsOf, named, type Ended } from '../helper/cnd.ts';
import type { Fault as ApiFault } from '../helper/stage/aws/fault.ts';
import { Stage } from '../helper/stage/stage.ts';
import { type StagePlace, stagePlace } from '../helper/stage/workspace.ts';
import { isGolden } from './oracle.ts';
import { within } from './play.ts';
import type { Played } from './report.ts';
import type { Action, Scenario } from './scenario.ts';

/** Seconds after T in which every instance is gone, even if nobody is left to terminate it; and some for the stage itself. */
const grace = 60 + 5;

/** Seconds after T for which what costs nothing may still be deleted. */
const deleting = 180;

/** How an API fails, in the words of the stage. */
const apiFaults: Readonly<Record<Extract<Action, { do: 'api' }>['how'], Partial<ApiFault>>> = {
  throttled: { error: 'Throttled' },
  internal: { error: 'Internal' },
  'lost-before': { lost: 'before' },
  'lost-after': { lost: 'after' },
  hang: { hang: true },
  slow: { delay: 4000 },
};

/** The EC2 of all scenarios of this process, each of which is played by a user of its own. */
export class Cloud {
  #stage: Promise<Stage> | undefined;
  #users = 0;

  /** Plays a scenario to its end, and says what was promised and not kept. `slack`: seconds that a busy machine may be late by. */
  async play(scenario: Scenario, slack: number): Promise<{ played: Played; violations: string[] }> {
    this.#stage ??= Stage.open({ pending: 200, shuttingDown: 200, vcpus: 10_000 });
    const stage = await this.#stage;
    this.#users += 1;
    const place = stagePlace(stage, { name: `chaos${this.#users}` });
    try {
      return await playOn(stage, place, scenario, slack);
    } finally {
      place.remove();
    }
  }

  async close(): Promise<void> {
    const stage = await this.#stage;
    await stage?.close();
  }
}

async function playOn(
  stage: Stage,
  place: StagePlace,
  scenario: Scenario,
  slack: number,
): Promise<{ played: Played; violations: string[] }> {
  const { timeLimit, instances, difficulty, from, size, chunk, faults } = scenario;
  const flags = { N: instances, T: timeLimit, D: difficulty, from, limit: from + size, chunk };
  const words = Object.entries(flags).map(([name, value]) => `--${name} ${value}`);
  const begin = performance.now();
  const until = (seconds: number): number => seconds - (performance.now() - begin) / 1000;
  if (scenario.replace) words.push('--replace');
  const cnd = place.start(`start ${words.join(' ')} --kernel python --json`);
  const inflicted: (boolean | undefined)[] = faults.map(() => undefined);
  const repairs: (() => void)[] = [];
  const scrams: Promise<Ended>[] = [];
  let over = false;
  const cast = faults.map(async ({ at, delay, action }, index) => {
    if (at !== 'start')
      await within(
        cnd.event(at).catch(() => {}),
        Math.max(0, until(timeLimit * 0.7)),
      );
    await sleep(delay);
    if (!over) inflicted[index] = await inflict(action);
  });

  async function inflict(action: Action): Promise<boolean> {
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- what is not of EC2 is not made for it
    switch (action.do) {
      case 'api': {
        const before = place.calls(undefined, action.call).length;
        const repair = place.fault({
          action: action.call,
          ...apiFaults[action.how],
          ...(action.times !== undefined && { times: action.times }),
        });
        repairs.push(repair);
        // It is seen at the end whether any call met it.
        await within(cnd.ended, until(timeLimit));
        return place.calls(undefined, action.call).length > before;
      }
      case 'machine':
        return befall(action);
      case 'cut':
        place.stall();
        await sleep(action.resume);
        place.resume();
        return true;
      case 'scram':
        scrams.push(place.run('scram'));
        return true;
      case 'signal': {
        const done = cnd.child.kill(action.signal);
        if (action.signal !== 'SIGSTOP') return done;
        await sleep(action.resume ?? 1000);
        return cnd.child.kill('SIGCONT') && done;
      }
      default:
        return false;
    }
  }

  async function befall({ how, which }: Extract<Action, { do: 'machine' }>): Promise<boolean> {
    const running = place.instances('running');
    const instance = running[which % Math.max(1, running.length)];
    if (!instance) return false;
    if (how === 'halt') await stage.hypervisor.halt(instance.id);
    else
      stage.ec2.end(instance, {
        code: 'Server.SpotInstanceTermination',
        message: 'Spot instance termination',
      });
    return true;
  }

  const ended = await within(cnd.ended, until(timeLimit + deleting + slack));
  const seconds = (performance.now() - begin) / 1000;
  over = true;
  await within(Promise.all(cast), 15);
  const violations: string[] = [];
  const told = ended && named(eventsOf(ended), 'run.ended')[0];
  const isStruck = faults.some(({ action }) => action.do === 'api');
  const isKilled = faults.some(({ action }) => action.do === 'signal' && action.signal === 'SIGKILL');

  // T: whatever happened to the controller, no instance lives on after T and the switches' grace.
  const living = (): string[] =>
    place.instances().flatMap(({ id, state }) => (isOver(state) ? [] : [`${id} ${state}`]));
  const isTold = told?.left.length === 0;
  if (isTold && living().length > 0) violations.push(`"terminated" was said of ${living().join()}`);
  // Half of those whose controller is gone are ended by a scram from anywhere, the others by their switches alone.
  const isScrammed = scenario.seed % 2 === 0;
  if (!isScrammed) {
    while (living().length > 0 && until(timeLimit + grace + slack) > 0) await sleep(200);
    if (living().length > 0) violations.push(`left ${grace} s after T: ${living().join()}`);
  }
  for (const repair of repairs) repair();
  place.resume();
  for (const scram of scrams) {
    const { code, stderr } = await scram;
    if (code !== 0 && !(isStruck && code === 4))
      violations.push(`a scram beside it exits ${code}: ${stderr.slice(-400)}`);
  }
  if (!ended) cnd.child.kill('SIGKILL');
  const scram = await place.run('scram');
  if (scram.code !== 0) violations.push(`scram exits ${scram.code}: ${scram.stderr.slice(-400)}`);
  await place.untilClean(10).catch((error: unknown) => violations.push(`after a scram: ${String(error)}`));

  if (!ended) violations.push(`the controller was still there ${deleting} s after T`);
  else violations.push(...wordsOf(ended, isStruck));
  if (told) {
    if (told.outcome === 'found' && !isGolden(Number(told.nonce), difficulty))
      violations.push(`${told.nonce} is not golden`);
    if (ended && !isKilled && told.exitCode !== ended.code)
      violations.push(`exit code ${ended.code}, but run.ended says ${told.exitCode}`);
    if ((told.outcome === 'found') !== (told.exitCode === 0) && told.exitCode !== 4)
      violations.push(`a run whose outcome is ${told.outcome} exits ${told.exitCode}`);
  }
  const played: Played = {
    scenario,
    outcome: told?.outcome,
    ended: ended && { code: ended.code, signal: ended.signal, seconds },
    inflicted,
    slack,
    memory: 0,
    nonces: 0,
    isInconclusive: ended?.stderr.includes('the checks before the launch took all of T') ?? false,
  };
  return { played, violations };
}

function isOver(state: string): boolean {
  return state === 'shutting-down' || state === 'terminated';
}

/** What its words and its exit code promise. */
function wordsOf({ code, signal, stderr }: Ended, isStruck: boolean): string[] {
  const found: string[] = [];
  if (/^\s+at .+:\d+:\d+\)?$/m.test(stderr)) found.push(`a stack on stderr: ${stderr.slice(-600)}`);
  if (signal !== null) return found;
  // 1 and 2: an API that fails may prevent the launch.
  const allowed = isStruck ? [0, 1, 2, 3, 4, 129, 130, 143] : [0, 1, 3, 129, 130, 143];
  if (!allowed.includes(code ?? -1)) found.push(`exit code ${code}: ${stderr.slice(-600)}`);
  if (code === 4 && !/cnd scram/.test(stderr))
    found.push('exit code 4 without the command that ends what is left');
  return found;
}
