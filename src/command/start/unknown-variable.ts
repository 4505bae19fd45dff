import type { SettingName } from '../../fleet/kind.ts';
import { visible } from '../../text.ts';
import { nearest } from '../../config/nearest.ts';

const prefix = 'CND_';

/** What cnd itself sets for its processes, or reads besides settings. */
const own: ReadonlySet<string> = new Set([
  'CND_EXPIRES',
  'CND_INSTANCE',
  'CND_KERNEL',
  'CND_ROLE',
  'CND_RUN',
  'CND_STATE',
  'CND_SYSLOG',
]);

/** What the tests of cnd, their EC2, its chaos runs and its documentation are told. */
const ofDevelopment = /^CND_(TEST|STAGE|CHAOS|README)(_|$)/;

/** The variables that look like settings and are none, in words that show no value: it may be a secret. Pure. */
export function unknownVariables(
  env: NodeJS.ProcessEnv,
  names: readonly Pick<SettingName, 'flag' | 'variable'>[],
): string[] {
  const valid = names.flatMap(({ variable }) => variable ?? []);
  const isKnown = (name: string): boolean =>
    valid.includes(name) || own.has(name) || ofDevelopment.test(name);
  return Object.keys(env)
    .filter((name) => name.startsWith(prefix) && !isKnown(name))
    .toSorted()
    .map((name) => {
      const meant = meantBy(name, valid, names);
      const what = `unknown environment variable ${visible(name)}`;
      return meant === undefined ? what : `${what}; did you mean ${meant}?`;
    });
}

/** A setting that has a variable, or else only a flag. */
function meantBy(
  name: string,
  valid: readonly string[],
  names: readonly Pick<SettingName, 'flag'>[],
): string | undefined {
  // What all begin with makes none of them nearer.
  const given = name.slice(prefix.length);
  const variable = nearest(
    given,
    valid.map((one) => one.slice(prefix.length)),
  );
  if (variable !== undefined) return prefix + variable;
  const flag = nearest(
    given.replaceAll('_', '-'),
    names.map((one) => one.flag),
  );
  return flag === undefined ? undefined : `--${flag}`;
}
