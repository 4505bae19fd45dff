import type { Cell, TableColumn } from './column.ts';

/**
 * A table as CSV (RFC 4180: CRLF, fields with commas, quotes or line breaks in quotes). What is not known is empty, and an empty
 * text is `""`. A text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, "CSV Injection"): addresses,
 * reasons and blocks come from machines that are not trusted. Parquet has them as they are. Pure.
 */
export function csv<Row>(columns: readonly TableColumn<Row>[], rows: readonly Row[]): string {
  const head = columns.map(({ name }) => name);
  const lines = rows.map((row) => columns.map(({ of, type }) => field(of(row), type === 'text')));
  return [head, ...lines].map((line) => `${line.join(',')}\r\n`).join('');
}

function field(cell: Cell, isText: boolean): string {
  if (cell === undefined) return '';
  const text = isText && /^[=+\-@\t\r]/.test(String(cell)) ? `'${cell}` : String(cell);
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
