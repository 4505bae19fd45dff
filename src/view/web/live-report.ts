import type { RunEvent } from '../../event/event.ts';
import { type UnreadLines, noneUnread } from '../../event/journal-reader.ts';
import { type ChartRenderer, openCharts } from '../chart/chart.ts';
import type { Markup } from '../html.ts';
import type { RunReport } from '../report/model.ts';
import { reportParts } from '../report/page.ts';
import { concluded, emptyReport, tell } from '../report/reduce.ts';

/** Milliseconds between two drawings, at least. */
const interval = 1000;

/** So many times as long as a drawing takes is the pause until the next: a large run leaves the processor to the search. */
const share = 5;

/** The parts of a report by name. */
export type LiveParts = ReadonlyMap<string, Markup>;

/** The report of a run that goes on, drawn when somebody looks, and not more often than once a second. */
export class LiveReport {
  readonly run: string;
  /** What of the journal could not be read: whoever reads it counts here. */
  readonly unread: UnreadLines;
  readonly #report: RunReport;
  readonly #charts: ChartRenderer;
  #isOver = false;
  #drawn: { readonly parts: LiveParts; readonly until: number } | undefined;

  private constructor(report: RunReport, charts: ChartRenderer) {
    this.run = report.run;
    this.unread = report.unread;
    this.#report = report;
    this.#charts = charts;
  }

  /** `start`: the moment that T counts from, in milliseconds since the epoch. */
  static async open(run: string, start: number): Promise<LiveReport> {
    return new LiveReport(emptyReport(run, start, noneUnread()), await openCharts());
  }

  /** Adds an event, in constant time. */
  tell(event: RunEvent): void {
    tell(this.#report, event);
    if (event.event === 'run.ended') this.end();
  }

  /** Nothing more comes, with or without a result: that is shown at once. */
  end(): void {
    this.#isOver = true;
    this.#drawn = undefined;
  }

  /** The report of this moment, or of one a moment ago. */
  parts(): LiveParts {
    const begun = performance.now();
    if (this.#drawn && begun < this.#drawn.until) return this.#drawn.parts;
    const isLive = !this.#isOver;
    const report = { ...concluded(this.#report, isLive ? Date.now() : undefined), isLive };
    const parts = reportParts(report, this.#charts);
    const took = performance.now() - begun;
    this.#drawn = { parts, until: begun + Math.max(interval, share * took) };
    return parts;
  }

  /** Milliseconds until it is drawn anew. */
  get freshFor(): number {
    return Math.max(0, (this.#drawn?.until ?? 0) - performance.now());
  }
}
