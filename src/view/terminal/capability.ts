/** Whether a run is shown live: on a terminal that moves its cursor, to a person. Anything else gets the plain lines. Pure. */
export function isLive(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  if (stream.isTTY !== true || env['CI']) return false;
  return (env['TERM'] ?? '') !== '' && env['TERM'] !== 'dumb';
}

/** Terminals that cut long lines off when they become narrower, instead of breaking them anew. */
const cutting = /^(?:linux|rxvt|st(?:-|$)|screen)/;

/** Whether the terminal breaks long lines anew when it becomes narrower. Pure. */
export function reflows(env: NodeJS.ProcessEnv): boolean {
  // Inside tmux it is tmux that counts; it may call itself screen.
  if (env['TMUX']) return true;
  return !env['STY'] && !env['XTERM_VERSION'] && !cutting.test(env['TERM'] ?? '');
}
