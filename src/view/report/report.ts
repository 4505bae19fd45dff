import type { RunEvent } from '../../event/event.ts';
import { noneUnread, readJournal } from '../../event/journal-reader.ts';
import { openCharts } from '../chart/chart.ts';
import type { RunReport } from './model.ts';
import { page } from './page.ts';
import { concluded, emptyReport, startOf, tell } from './reduce.ts';

/** Opens a journal, from its beginning each time. */
export type OpenJournal = () => Promise<AsyncIterable<string>>;

/**
 * The report of a run as one HTML file that needs nothing else: no network, no scripts. Drawn from the journal alone, in
 * memory that does not grow with its length.
 * @throws what opening and reading the journal throws.
 */
export async function drawReport(run: string, open: OpenJournal): Promise<string> {
  const report = await readReport(run, open);
  return page(report, await openCharts());
}

/** What a journal says of its run. */
export async function readReport(run: string, open: OpenJournal): Promise<RunReport> {
  const start = await startIn(readJournal(await open()));
  const unread = noneUnread();
  const report = emptyReport(run, start, unread);
  for await (const event of readJournal(await open(), unread)) tell(report, event);
  return concluded(report);
}

/** When the run began: the first event that says how long ago that was is as a rule among the first hundred. */
async function startIn(events: AsyncIterable<RunEvent>): Promise<number> {
  let first: number | undefined;
  for await (const event of events) {
    first ??= Date.parse(event.time);
    const start = startOf(event);
    if (start !== undefined) return Math.min(first, start);
  }
  return first ?? 0;
}
