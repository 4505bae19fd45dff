import type { Archive } from '../../archive/archive.ts';
import { resolveRun } from '../../archive/run-name.ts';
import { openSyslog, syslogLines } from '../../archive/syslog.ts';
import { visible } from '../../text.ts';
import { CndError, UsageError, messageOf } from '../../error.ts';
import { logLine } from '../../view/log/line.ts';
import { StreamSink } from '../../view/text-sink.ts';
import type { Arguments } from '../command.ts';
import { warn, keptOf, openArchive, text } from './logs.ts';

/** As grep has them: a failure must not look like "nothing found". */
const codes = { found: 0, none: 1, failed: 2 } as const;

/** `cnd logs grep PATTERN [RUN]`: lines of syslogs that match; gives grep's exit codes. */
export async function grep(given: Arguments): Promise<number> {
  const pattern = compile(text(given['pattern']) ?? '', given['ignore-case'] === true);
  try {
    return await search(await openArchive(given), pattern, text(given['run']));
  } catch (error) {
    if (!(error instanceof CndError) || error.exitCode === codes.failed) throw error;
    throw new UsageError(error.code, error.message, { cause: error, ...(error.hint && { hint: error.hint }) });
  }
}

async function search(archive: Archive, pattern: RegExp, only: string | undefined): Promise<number> {
  const sink = new StreamSink(process.stdout);
  let found = false;
  let errors = 0;
  const runs = only === undefined ? archive.runs() : [await resolveRun(archive, only)];
  for await (const run of runs) {
    const { syslogs, isPartial } = await keptOf(archive, run);
    if (isPartial) errors += 1;
    for (const entry of syslogs) {
      const onError = (reason: string): void => {
        errors += 1;
        warn(`${run}/${entry.name}`, reason);
      };
      const source = await openSyslog(archive, run, entry, onError);
      if (!source) continue;
      for await (const line of syslogLines(source, onError)) {
        if (!pattern.test(line)) continue;
        found = true;
        if (!(await sink.write(`${run} #${entry.instance} ${logLine(line)}\n`))) return codes.found;
      }
    }
  }
  await sink.close();
  if (found) return codes.found;
  return errors > 0 ? codes.failed : codes.none;
}

function compile(pattern: string, ignoreCase: boolean): RegExp {
  try {
    return new RegExp(pattern, ignoreCase ? 'i' : '');
  } catch (error) {
    throw new UsageError('bad-pattern', `invalid pattern: ${visible(messageOf(error))}`, {
      about: 'pattern',
      hint: 'it is a JavaScript regular expression; put \\ before ( ) [ ] { } . * + ? to match them literally',
      cause: error,
    });
  }
}
