import { expect, test } from 'vitest';
import { unknownVariables } from '../../../src/command/start/unknown-variable.ts';
import { settingNames } from '../../../src/config/setting.ts';
import { fleetSettings } from '../../../src/fleet/setting.ts';

const names = settingNames(fleetSettings);
const unknown = (...variables: string[]): string[] =>
  unknownVariables(Object.fromEntries(variables.map((name) => [name, 'secret'])), names);

test('a misspelt variable is told with the one that was probably meant, and no value', () => {
  expect(unknown('CND_INSTANCE_S', 'CND_DIFICULTY', 'PATH', 'CNDX', 'XCND_FLEET')).toEqual([
    'unknown environment variable CND_DIFICULTY; did you mean CND_DIFFICULTY?',
    'unknown environment variable CND_INSTANCE_S; did you mean CND_INSTANCES?',
  ]);
});

test('of a setting that has only a flag that is told', () => {
  expect(unknown('CND_REGION', 'CND_REGOIN')).toEqual([
    'unknown environment variable CND_REGION; did you mean --region?',
    'unknown environment variable CND_REGOIN; did you mean --region?',
  ]);
});

test('what is like nothing is told alone, and moves no cursor', () => {
  expect(unknown('CND_ZZZZZZZZZZ\u001b[2J')).toEqual(['unknown environment variable CND_ZZZZZZZZZZ?[2J']);
});

test('every setting, what cnd sets itself, and what its tests are told, are known', () => {
  const settings = names.flatMap(({ variable }) => variable ?? []);
  expect(settings.length).toBeGreaterThan(20);
  const own = ['CND_RUN', 'CND_INSTANCE', 'CND_ROLE', 'CND_STATE', 'CND_EXPIRES', 'CND_SYSLOG', 'CND_KERNEL'];
  const development = ['CND_TEST_MOTO', 'CND_STAGE_SEED', 'CND_CHAOS_CLOCK', 'CND_README'];
  expect(unknown(...settings, ...own, ...development)).toEqual([]);
});
