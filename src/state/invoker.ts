import { hostname, userInfo } from 'node:os';

/** The user and the machine of this process. */
export function userAtHost(): string {
  return `${userInfo().username}@${hostname()}`;
}

/** Who this is, for the record of a run: user, machine, process and command. */
export function invoker(): string {
  return `${userAtHost()} (pid ${process.pid}: cnd ${process.argv.slice(2).join(' ')})`;
}
