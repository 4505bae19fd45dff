import { hostname, userInfo } from 'node:os';

/** The user and the machine of this process; a user that the user database does not have, as in a container, is its number. */
export function userAtHost(): string {
  let name: string;
  try {
    name = userInfo().username;
  } catch {
    name = `${process.getuid?.()}`;
  }
  return `${name}@${hostname()}`;
}

/** Who this is, for the record of a run: user, machine, process and command. */
export function invoker(): string {
  return `${userAtHost()} (pid ${process.pid}: cnd ${process.argv.slice(2).join(' ')})`;
}
