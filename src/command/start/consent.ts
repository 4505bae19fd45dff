import { isatty } from 'node:tty';

/** Whether somebody can be asked: at a terminal, for reading and writing. A terminal that CI gives has nobody before it. */
export function canAsk(env: NodeJS.ProcessEnv): boolean {
  return isatty(0) && isatty(2) && !env['CI'];
}

/** Whether what needs the user's agreement can have it: by `--yes`, or by asking. */
export function canConfirm(flags: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv): boolean {
  return flags['yes'] === true || canAsk(env);
}
