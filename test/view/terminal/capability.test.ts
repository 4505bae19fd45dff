import { expect, test } from 'vitest';
import { isLive, reflows } from '../../../src/view/terminal/capability.ts';

const terminal = { isTTY: true };

test('a run is live on a terminal only, and not for CI or a dumb terminal', () => {
  expect(isLive(terminal, { TERM: 'xterm-256color' })).toBe(true);
  expect(isLive({}, { TERM: 'xterm-256color' })).toBe(false);
  expect(isLive(terminal, { TERM: 'dumb' })).toBe(false);
  expect(isLive(terminal, { TERM: '' })).toBe(false);
  expect(isLive(terminal, {})).toBe(false);
  expect(isLive(terminal, { TERM: 'xterm', CI: 'true' })).toBe(false);
  expect(isLive(terminal, { TERM: 'xterm', NO_COLOR: '1' })).toBe(true); // colour goes, not the view
  expect(isLive(terminal, { TERM: 'xterm', CI: '' })).toBe(true); // empty counts as unset
});

test('terminals that cut long lines are known, also behind tmux', () => {
  expect(reflows({ TERM: 'xterm-256color' })).toBe(true);
  expect(reflows({ TERM: 'screen-256color', TMUX: '/tmp/tmux-0/default,1,0' })).toBe(true);
  expect(reflows({ TERM: 'screen', STY: '1.pts-0' })).toBe(false);
  expect(reflows({ TERM: 'xterm', XTERM_VERSION: 'XTerm(390)' })).toBe(false);
  expect(reflows({ TERM: 'linux' })).toBe(false);
});
