import type { Scenario } from './scenario.ts';

/** Simpler scenarios than one that fails, the simplest first. Pure. */
export function simpler(scenario: Scenario): Scenario[] {
  const { faults } = scenario;
  const plain: Partial<Scenario>[] = [
    { companion: false },
    { kernel: 'honest' },
    { agent: 'own' },
    { output: 'json' },
    { instances: 1 },
    { smallest: false },
    { from: 0 },
    { pace: 0 },
    { replace: false },
  ];
  return [
    ...faults.map((_, index) => ({ ...scenario, faults: faults.filter((_, other) => other !== index) })),
    ...plain.map((change) => ({ ...scenario, ...change })),
  ].filter((candidate) => JSON.stringify(candidate) !== JSON.stringify(scenario));
}
