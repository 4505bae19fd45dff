import { type UnreadLines, longestLine } from '../../event/journal-reader.ts';
import { plural } from '../../quantity.ts';
import { warn } from './logs.ts';

/** Says what of a journal could not be read, and was skipped. */
export function warnUnread(about: string, { unknown, damaged, overlong }: UnreadLines): void {
  if (unknown > 0) warn(about, `has ${plural(unknown, 'event')} of a newer version of cnd: skipped`);
  if (damaged > 0) warn(about, `has ${plural(damaged, 'damaged line')}: skipped`);
  if (overlong > 0)
    warn(about, `has ${plural(overlong, 'line')} longer than ${longestLine / 2 ** 20} MiB: skipped`);
}
