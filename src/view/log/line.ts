import { printable } from '../../text.ts';

/** A line of an instance's syslog, safe for a terminal and whole: control characters are shown, never obeyed. Pure. */
export function logLine(line: string): string {
  return printable(line.replace(/\r$/, '').replaceAll('\t', '    '), Number.MAX_SAFE_INTEGER);
}

/** The same, with the instance it is of: `#3 line`; `highest` is the highest index there is, so that lines align. Pure. */
export function taggedLine(instance: number, line: string, highest: number): string {
  return `${`#${instance}`.padEnd(`#${highest}`.length)} ${logLine(line)}`;
}
