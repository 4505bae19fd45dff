import { cut, displayWidth } from '../../text.ts';

/** How a piece of a line looks; the names are those of `util.styleText`. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** A piece of a line: text without control characters. */
export interface Span {
  readonly text: string;
  readonly style?: Style;
}

/** Makes a text look so; a plain one gives the text back. */
export type Stylize = (style: Style, text: string) => string;

/** No colours: for tests, and for terminals that have none. */
export const unstyled: Stylize = (_style, text) => text;

export function span(text: string, style?: Style): Span {
  return style === undefined ? { text } : { text, style };
}

/** Columns that the spans take together. */
export function spansWidth(spans: readonly Span[]): number {
  return spans.reduce((sum, { text }) => sum + displayWidth(text), 0);
}

/** One line of at most so many columns: cut by what is seen, so that styles neither count nor get lost. Pure. */
export function line(spans: readonly Span[], columns: number, stylize: Stylize): string {
  let left = columns;
  let result = '';
  for (const { text, style } of spans) {
    const kept = cut(text, left);
    left -= displayWidth(kept);
    result += style === undefined || kept === '' ? kept : stylize(style, kept);
    if (kept !== text) break;
  }
  return result;
}
