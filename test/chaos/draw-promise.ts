import { Random } from './random.ts';
import type { Fault, Scenario, promises } from './scenario.ts';

/** The scenario of a seed that tries one promise, and nothing else. Pure. */
export const promiseScenarioOf: Readonly<Record<(typeof promises)[number], (seed: number) => Scenario>> = {
  resume: resumedOf,
  loss: lossOf,
};

/** Nonces per second of all instances together, so few that it does not matter how fast the machine is. */
const pace = 1000;

/** A search that is proved to be complete, or that finds the smallest golden nonce, which is 46,697 here. */
function searchOf(
  random: Random,
  seconds: number,
): Pick<Scenario, 'difficulty' | 'smallest' | 'from' | 'size'> {
  const size = pace * seconds;
  if (!random.chance(0.5))
    return { difficulty: 16, smallest: false, from: random.pick([0, 1, 999_999]), size };
  // It comes towards the end of the space.
  return { difficulty: 5, smallest: true, from: 46_697 - Math.floor(size * 0.85), size };
}

const plain = {
  kernel: 'honest',
  agent: 'own',
  output: 'json',
  companion: false,
  replace: false,
} as const;

/** A run of about 60 s whose controller is killed at any moment of it, once or twice, and taken up by one or more. */
function resumedOf(seed: number): Scenario {
  const random = new Random(seed);
  const fleet = random.chance(0.6) ? 'local' : 'hosts';
  const instances = random.pick([1, 2, 3]);
  const killed = (): Fault => ({
    at: 'start',
    delay: random.integer(0, 58_000),
    action: {
      do: 'resume',
      after: random.pick([0, 200, 1000, 5000]),
      count: random.pick([1, 1, 2, 4]),
    },
  });
  return {
    ...plain,
    seed,
    promise: 'resume',
    fleet,
    instances,
    timeLimit: 90,
    ...searchOf(random, 52),
    chunk: random.pick([500, 2000]),
    pace: Math.ceil(pace / instances),
    ratio: 1,
    faults: random.chance(0.25) ? [killed(), killed()] : [killed()],
  };
}

/** A run that loses all instances but one, each at any moment. */
function lossOf(seed: number): Scenario {
  const random = new Random(seed);
  const fleet = random.chance(0.6) ? 'local' : 'hosts';
  const instances = random.integer(2, 5);
  const kept = random.integer(0, instances - 1);
  const dead = Array.from({ length: instances }, (_, index) => index).filter((index) => index !== kept);
  const latest = 9000;
  const faults: Fault[] =
    fleet === 'local'
      ? dead.map((which) => {
          const after = random.integer(0, latest) / 1000;
          return { at: 'start', delay: 0, action: { do: 'dies', which, after } };
        })
      : [
          {
            at: 'instance.running',
            delay: random.integer(0, latest),
            action: { do: 'power-off', which: kept },
          },
        ];
  return {
    ...plain,
    seed,
    promise: 'loss',
    fleet,
    instances,
    timeLimit: 70,
    ...searchOf(random, 14),
    chunk: random.pick([100, 500]),
    // The one that is left could do all of it.
    pace,
    ratio: 1,
    faults,
  };
}
