import { hostname, userInfo } from 'node:os';

/** Who this is, for the record of a run: user, machine, process and command. */
export function invoker(): string {
  return `${userInfo().username}@${hostname()} (pid ${process.pid}: cnd ${process.argv.slice(2).join(' ')})`;
}
