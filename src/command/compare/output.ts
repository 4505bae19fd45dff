import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import type { Comparison } from '../../compare/model.ts';
import { UsageError, isMissing, messageOf } from '../../error.ts';
import { namedFileError, writeNamedFile } from '../logs/named-file.ts';
import { visible } from '../../text.ts';
import { openCharts } from '../../view/chart/chart.ts';
import { comparisonMarkdown } from '../../view/compare/markdown.ts';
import { comparisonPage } from '../../view/compare/page.ts';
import { comparisonSvg } from '../../view/compare/svg.ts';
import { comparisonText } from '../../view/compare/text.ts';
import { StreamSink } from '../../view/text-sink.ts';
import type { Arguments } from '../command.ts';
import { csv } from '../logs/export/csv.ts';
import { choiceOf } from '../logs/filter.ts';
import { text } from '../logs/logs.ts';
import { comparedColumns } from './column.ts';

const formats = ['table', 'json', 'markdown', 'csv', 'html', 'svg'] as const;
type Format = (typeof formats)[number];

/** What a file is, by its name. */
const extensions: Readonly<Record<string, Format>> = {
  '.txt': 'table',
  '.json': 'json',
  '.md': 'markdown',
  '.csv': 'csv',
  '.html': 'html',
  '.svg': 'svg',
};

/** How a comparison is to be written, and where; without a file to stdout. */
export interface ComparisonOutput {
  readonly format: Format;
  readonly file: string | undefined;
}

/** What `--format`, `--json` and `--output` ask for. @throws UsageError */
export function comparisonOutput(given: Arguments): ComparisonOutput {
  const named = choiceOf('format', given['format'], formats);
  const file = text(given['output']);
  const isJson = given['json'] === true;
  if (isJson && named !== undefined && named !== 'json')
    throw new UsageError('bad-flag', `--json and --format ${named}: only one format can be written`, {
      about: 'format',
      hint: 'omit one of them; the others can be made later with: cnd compare --series last',
    });
  const format = named ?? (isJson ? 'json' : undefined);
  if (file === undefined || format !== undefined) return { format: format ?? 'table', file };
  const byName = extensions[extname(file).toLowerCase()];
  if (byName) return { format: byName, file };
  throw new UsageError('bad-flag', `--output is '${visible(file)}': its name tells no format`, {
    about: 'output',
    hint: `name it with one of ${Object.keys(extensions).join(' ')}, or give --format`,
  });
}

/**
 * Checks that the file can be written before runs are made for it.
 * @throws UsageError where its folder is missing or read-only, a folder has its name, or it is a pipe that is not for this user.
 */
export async function requireWritable({ file }: ComparisonOutput): Promise<void> {
  if (file === undefined) return;
  const path = resolve(file);
  try {
    const found = await stat(path).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (found?.isDirectory() === true) throw new Error('it is a directory');
    await access(found === undefined || found.isFile() ? dirname(path) : path, constants.W_OK);
  } catch (error) {
    throw new UsageError('bad-flag', `--output is '${visible(file)}': ${messageOf(error)}`, {
      about: 'output',
      hint: 'give a file in a directory that exists and can be written to',
      cause: error,
    });
  }
}

/** Writes a comparison. @param isMade Whether runs were made for it. @throws CndError */
export async function writeComparison(
  comparison: Comparison,
  { format, file }: ComparisonOutput,
  isMade = false,
): Promise<void> {
  const content = await drawn(comparison, format);
  if (file === undefined) {
    const sink = new StreamSink(process.stdout);
    await sink.write(content);
    await sink.close();
    return;
  }
  const path = resolve(file);
  try {
    await writeNamedFile(path, content);
  } catch (error) {
    const message = `${path} cannot be written: ${messageOf(error)}`;
    const detail = {
      about: 'output',
      hint: 'give another --output FILE; the runs are in the archive: cnd compare --series last',
      cause: error,
    };
    throw namedFileError('comparison-failed', message, detail, !isMade);
  }
  process.stdout.write(`${path}\n`);
}

async function drawn(comparison: Comparison, format: Format): Promise<string> {
  switch (format) {
    case 'table':
      return comparisonText(comparison);
    case 'json':
      return `${JSON.stringify(comparison, undefined, 2)}\n`;
    case 'markdown':
      return comparisonMarkdown(comparison);
    case 'csv':
      return csv(comparedColumns, comparison.runs);
    case 'html':
      return comparisonPage(comparison, await openCharts());
    case 'svg':
      return comparisonSvg(comparison, await openCharts());
  }
}
