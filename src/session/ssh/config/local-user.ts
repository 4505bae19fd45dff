import { userInfo } from 'node:os';
import { UsageError } from '../../../error.ts';

/**
 * The name and number of this user, whom ssh logs in as where nobody else is named.
 * @throws UsageError `no-user` for one that the user database does not have, as in a container: ssh refuses it, too
 */
export function localUser(): { readonly username: string; readonly uid: number } {
  try {
    return userInfo();
  } catch (cause) {
    const uid = process.getuid?.();
    throw new UsageError('no-user', `the user database has no user ${uid}: whom to log in as is not known`, {
      about: 'user',
      hint: 'name the user of each host: --hosts user@host',
      cause,
    });
  }
}
