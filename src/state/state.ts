import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where live state and one-run keys of this user's runs are kept: `$XDG_STATE_HOME/cnd`, by default
 * `~/.local/state/cnd` (XDG Base Directory Specification 0.8; a relative path there is to be ignored).
 */
export function stateRoot(env: NodeJS.ProcessEnv = process.env): string {
  const xdg = env['XDG_STATE_HOME'];
  return join(xdg?.startsWith('/') ? xdg : join(env['HOME'] ?? homedir(), '.local', 'state'), 'cnd');
}

/** The directory of one run's live state (0700, files 0600), deleted when the run is over. */
export function stateDirectory(run: string, env: NodeJS.ProcessEnv = process.env): string {
  return join(stateRoot(env), run);
}
