import { expect, test } from 'vitest';
import { syslogLine } from '../../../../src/fleet/local/host/syslog.ts';

const source = { host: 'cnd-local-0', program: 'cnd-local', pid: 412 };

test('a line is as RFC 3164 has it, with the day padded by a space', () => {
  expect(syslogLine(new Date(2026, 10, 20, 8, 11, 3), source, 'booted')).toBe(
    'Nov 20 08:11:03 cnd-local-0 cnd-local[412]: booted\n',
  );
  expect(syslogLine(new Date(2026, 0, 2, 18, 0, 0), source, 'x')).toMatch(/^Jan {2}2 18:00:00 /);
});

test('a message stays one line', () => {
  expect(syslogLine(new Date(), source, 'a\n  b\r\nc')).toMatch(/: a b c\n$/);
});
