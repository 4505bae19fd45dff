import { Random } from './random.ts';
import { type Action, type Fault, type Scenario, type Signal, calls, hasFault, moments } from './scenario.ts';

/** The scenario of a seed on the EC2 of the tests: what it is about is AWS. Pure. */
export function cloudScenarioOf(seed: number): Scenario {
  const random = new Random(seed);
  return {
    seed,
    fleet: 'ec2',
    instances: random.pick([1, 2, 2, 3]),
    // 20 s of it are kept for the teardown; a call may take 4 s longer, and a machine boots in less than 1 s.
    timeLimit: random.integer(38, 46),
    difficulty: random.pick([2, 4, 16, 16]),
    smallest: random.chance(0.3),
    from: 0,
    size: random.pick([60_000, 50_000_000]),
    chunk: 20_000,
    kernel: 'honest',
    agent: 'own',
    output: 'json',
    companion: false,
    pace: 0,
    replace: random.chance(0.5),
    faults: faultsOf(random),
  };
}

/** A resume of a run that a scram has ended begins another run: never both. */
function faultsOf(random: Random): Fault[] {
  const faults = Array.from({ length: random.pick([1, 1, 2, 3]) }, () => cloudFaultOf(random));
  const isResumed = hasFault({ faults }, 'resume');
  return isResumed ? faults.filter(({ action }) => action.do !== 'scram') : faults;
}

function cloudFaultOf(random: Random): Fault {
  const delay = random.pick([0, 20, 200, 1000]);
  if (random.chance(0.5)) {
    const how = random.pick(['throttled', 'internal', 'lost-before', 'lost-after', 'hang', 'slow'] as const);
    const times = random.pick([1, 1, 2, 5]);
    const isForGood = random.chance(0.2);
    return {
      at: 'start',
      delay: 0,
      action: { do: 'api', call: random.pick(calls), how, ...(!isForGood && { times }) },
    };
  }
  const at = random.pick(moments);
  if (random.chance(0.4)) {
    const action: Action = {
      do: 'resume',
      after: random.pick([0, 200, 1000, 3000]),
      count: random.pick([1, 1, 2]),
    };
    return { at, delay, action };
  }
  if (random.chance(0.5)) {
    const signal = random.pick<Signal>(['SIGKILL', 'SIGSTOP', 'SIGINT', 'SIGTERM', 'SIGHUP']);
    const resume = random.pick([1000, 3000]);
    return { at, delay, action: { do: 'signal', target: 'controller', signal, which: 0, resume } };
  }
  const action = random.pick<Action>([
    { do: 'machine', how: 'spot', which: random.integer(0, 9) },
    { do: 'machine', how: 'halt', which: random.integer(0, 9) },
    { do: 'cut', resume: random.pick([1000, 7000]) },
    { do: 'scram' },
  ]);
  return { at, delay, action };
}
