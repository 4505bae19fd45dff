import { type Node, createScanner, getNodeValue } from 'jsonc-parser';

// What a JSON text may hold by its grammar, and a configuration may not.

/** Brackets within each other: settings have five at the most, and a parser's stack has its end. */
const deepest = 50;

/** The offset of the first bracket that is nested too deeply; undefined where none is. Pure. */
export function firstTooDeep(text: string): number | undefined {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (scanner.scan(); scanner.getTokenOffset() < text.length; scanner.scan()) {
    // By its first character: a string begins with a quote, a comment with a slash.
    const first = text.charAt(scanner.getTokenOffset());
    if ('{['.includes(first)) depth += 1;
    else if ('}]'.includes(first)) depth -= 1;
    if (depth > deepest) return scanner.getTokenOffset();
  }
  return undefined;
}

/** A key that an object has twice, by its path, and where: which one was meant is not for us to guess. */
export interface Twice {
  readonly path: readonly string[];
  readonly offsets: readonly [first: number, second: number];
}

/** The first key that is there twice, anywhere below a node; undefined where none is. Pure. */
export function firstTwice(node: Node, path: readonly string[] = []): Twice | undefined {
  const seen = new Map<string, number>();
  for (const [index, child] of (node.children ?? []).entries()) {
    if (child.type !== 'property') {
      const below = firstTwice(child, [...path, String(index)]);
      if (below) return below;
      continue;
    }
    const [name, value] = child.children ?? [];
    const key = name ? String(getNodeValue(name)) : '';
    const first = seen.get(key);
    if (first !== undefined) return { path: [...path, key], offsets: [first, child.offset] };
    seen.set(key, child.offset);
    const below = value && firstTwice(value, [...path, key]);
    if (below) return below;
  }
  return undefined;
}
