import { scenarioOf } from './draw.ts';
import { cloudScenarioOf } from './draw-cloud.ts';
import { podScenarioOf } from './kubernetes/draw-pods.ts';
import { Random } from './random.ts';
import type { Scenario } from './scenario.ts';

/** What `--fleet` may be. */
export const fleets = ['mix', 'local,hosts', 'ec2', 'kubernetes'] as const;

/** The part of a mix that is played on EC2: such a run takes most of a minute, in which it waits. */
const cloudPart = 0.1;

/** The scenario of a seed on the fleets that are asked for; without EC2 a mix is of local instances and hosts only. Pure. */
export function drawnOn(fleet: (typeof fleets)[number], hasCloud: boolean): (seed: number) => Scenario {
  if (fleet === 'ec2') return cloudScenarioOf;
  if (fleet === 'kubernetes') return podScenarioOf;
  if (fleet === 'local,hosts' || !hasCloud) return scenarioOf;
  return (seed) => (new Random(seed ^ 0x2545f491).chance(cloudPart) ? cloudScenarioOf : scenarioOf)(seed);
}
