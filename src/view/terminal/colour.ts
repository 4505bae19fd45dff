import type { WriteStream } from 'node:tty';
import type { Stylize, Style } from './span.ts';

/**
 * Colours of the 256 that every such terminal has alike, each with a contrast of 4 or more on black and on white: the
 * first sixteen are the theme's, and yellow or cyan on white cannot be read in most.
 */
const fixed: Record<Style, readonly [begin: string, end: string]> = {
  bold: ['1', '22'],
  dim: ['2', '22'],
  red: ['38;5;160', '39'],
  green: ['38;5;28', '39'],
  yellow: ['38;5;130', '39'],
  cyan: ['38;5;30', '39'],
};

/** Where there are fewer, those of the theme that can be read on both. */
const few: typeof fixed = {
  ...fixed,
  red: ['31', '39'],
  green: ['32', '39'],
  yellow: ['35', '39'],
  cyan: ['1', '22'],
};

/** How styles look on a terminal; without colour where NO_COLOR asks for that or there is none. */
export function palette(
  terminal: Pick<WriteStream, 'getColorDepth'>,
  env: Readonly<Record<string, string | undefined>>,
): Stylize {
  // An empty NO_COLOR does not ask for anything (https://no-color.org).
  const depth = env['NO_COLOR'] ? 1 : terminal.getColorDepth({ ...env });
  const codes = depth >= 8 ? fixed : few;
  return (style, text) => {
    // Bold and dim are no colours.
    if (depth === 1 && style !== 'bold' && style !== 'dim') return text;
    const [begin, end] = codes[style];
    return `\u001B[${begin}m${text}\u001B[${end}m`;
  };
}
