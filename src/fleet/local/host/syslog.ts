const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Who writes to a syslog. */
export interface SyslogHeader {
  readonly host: string;
  readonly program: string;
  readonly pid: number;
}

/** A line as syslogd writes it (RFC 3164, local time): `Nov 20 08:11:03 cnd-local-0 cnd-local[412]: booted`. */
export function syslogLine(time: Date, { host, program, pid }: SyslogHeader, message: string): string {
  const day = String(time.getDate()).padStart(2, ' ');
  const clock = time.toTimeString().slice(0, 8);
  const text = message.replaceAll(/\s*\n\s*/g, ' ');
  return `${months[time.getMonth()] ?? ''} ${day} ${clock} ${host} ${program}[${pid}]: ${text}\n`;
}
