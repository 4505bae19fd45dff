import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Workspace, workspace } from '../helper/cnd.ts';
import { Pty } from '../helper/pty.ts';

let place: Workspace;
beforeEach(() => {
  place = workspace();
});
afterEach(() => place.remove());

test('bench says on a terminal what it is timing, and leaves nothing of that there', async () => {
  const pty = new Pty(place, ['bench']);
  await pty.until(/timing hex-chain with \S+ on 1 thread/);
  pty.type('\u0003');
  expect(await pty.ended).toBe('exit 130');
  // The line is cleared after Ctrl-C, which the terminal may have echoed.
  expect(pty.shown.replace(/\^C$/, '').endsWith('\r\u001B[K')).toBe(true);
});
