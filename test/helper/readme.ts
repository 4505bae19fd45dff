/** A command of a document, as a person types it, and what it says. */
export interface Example {
  /** What stands behind `$ `. */
  readonly command: string;
  /** The lines below; undefined where none are shown. */
  readonly output: string | undefined;
}

const block = /^```console\n([^]*?)^```$/gm;

/** The commands in the `console` blocks of a Markdown document. Pure. */
export function examplesOf(markdown: string): Example[] {
  return [...markdown.matchAll(block)].flatMap(([, text = '']) =>
    text
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command = '', ...lines] = part.trimEnd().split('\n');
        return { command, output: lines.length === 0 ? undefined : lines.join('\n') };
      }),
  );
}

/** The document with another output of an example that shows one, or stands alone in its block. Pure. */
export function writeOutput(markdown: string, example: Example, output: string): string {
  return markdown.replace(block, (whole, text: string) => {
    const inside = examplesOf(whole);
    const isMeant = inside.some(({ command }) => command === example.command);
    if (!isMeant || (example.output === undefined && inside.length > 1)) return whole;
    const old = example.output === undefined ? '' : `${example.output}\n`;
    const line = `$ ${example.command}\n`;
    return `\`\`\`console\n${text.replace(line + old, () => `${line}${output}\n`)}\`\`\``;
  });
}

/** The arguments of a command line that is `cnd …` or `npx --no -- cnd …`, without its comment. Pure. */
export function wordsOf(command: string): string[] {
  const [, words] = /^(?:npx --no -- )?cnd\b(.*)$/.exec(command.replace(/ +#.*$/, '')) ?? [];
  if (words === undefined) throw new Error(`this is no command of cnd: ${command}`);
  return words.split(' ').filter((word) => word !== '');
}

/** What differs from run to run, by its kind; blanks are of no account, as they align figures. */
const masks: readonly (readonly [pattern: RegExp, mask: string])[] = [
  [/\b\d{8}-\d{6}-[a-z0-9]{4}\b/g, 'RUN'],
  [/\b\d{4}-\d\d-\d\d\b/g, 'DATE'],
  [/\b[0-9a-f]{64}\b/g, 'DIGEST'],
  [/\(plan .*\)/g, '(PHASES)'],
  [/(?:\b\d+(?:\.\d+)? (?:ms|s|min|h|days?)\b ?)+/g, 'TIME '],
  [/[\d.,]+ MH\/s/g, 'RATE'],
  [/\$\d+\.\d+/g, '$PRICE'],
  [/^(tested +).*/gm, '$1RANGES'],
  [/^(nonce +)\d+/gm, '$1NONCE'],
  [/instance #\d+/g, 'instance #K'],
  [/(?:[<>] )?[\d.]+ %/g, 'PERCENT'],
  [/ +/g, ' '],
  [/ $/gm, ''],
];

/** An output in which times, rates and ids are masked. Pure. */
export function masked(output: string): string {
  return masks.reduce((text, [pattern, mask]) => text.replace(pattern, mask), output);
}
