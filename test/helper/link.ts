/** A link of a Markdown document to a file of the same repository. */
export interface Link {
  /** Relative to the document; empty for a heading of its own. */
  readonly path: string;
  /** The heading, as GitHub names it; undefined: none. */
  readonly heading?: string;
}

/** The links of a Markdown document that lead to files: not to the web, and not in code. Pure. */
export function linksOf(markdown: string): Link[] {
  const prose = markdown
    .split('\n')
    .filter((line) => !line.startsWith('    '))
    .join('\n')
    .replace(/^```.*?^```/gms, '')
    .replace(/`[^`\n]*`/g, '``');
  return [...prose.matchAll(/\]\(([^()\s]+)\)/g)].flatMap(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [path = '', heading] = target.split('#');
    return [{ path, ...(heading !== undefined && { heading }) }];
  });
}

/** The headings of a Markdown document, as GitHub names them in links. Pure. */
export function headingsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}
