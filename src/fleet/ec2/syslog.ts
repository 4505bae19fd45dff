import type { SyslogKind } from './launch/image.ts';

/** The syslog file is for group adm; the default user of Ubuntu is in it, others may become root without a password. */
const file = [
  'if [ -r /var/log/syslog ]; then exec gzip -c /var/log/syslog;',
  'else exec sudo -n gzip -c /var/log/syslog; fi',
].join(' ');

/** Of a pipe only gzip's status counts: whether the journal can be read is asked first. */
const journal = 'sudo -n journalctl -n 1 >/dev/null && sudo -n journalctl --no-pager -o short-iso | gzip -c';

/** The command that writes an instance's system log, gzip-compressed, to its stdout. Pure. */
export function imageSyslogCommand(kind: SyslogKind): string {
  if (kind === 'file') return file;
  if (kind === 'journal') return journal;
  return `if [ -e /var/log/syslog ]; then ${file}; else ${journal}; fi`;
}
