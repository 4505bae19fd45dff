/**
 * Whether a run is shown live: on a terminal that moves its cursor, to a person. Anything else gets the plain lines, and
 * so does who asked for no colour (https://no-color.org). Pure.
 */
export function isLive(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  if (stream.isTTY !== true || env['TERM'] === 'dumb') return false;
  return !env['CI'] && !env['NO_COLOR'];
}

/** Terminals that cut long lines off when they become narrower, instead of breaking them anew. */
const cutting = /^(?:linux|rxvt|st(?:-|$)|screen)/;

/** Whether the terminal breaks long lines anew when it becomes narrower. Pure. */
export function reflows(env: NodeJS.ProcessEnv): boolean {
  // Inside tmux it is tmux that counts; it may call itself screen.
  if (env['TMUX']) return true;
  return !env['STY'] && !env['XTERM_VERSION'] && !cutting.test(env['TERM'] ?? '');
}
