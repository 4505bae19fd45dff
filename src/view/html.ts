import { printable } from '../text.ts';

/** HTML that is safe as it is: made by `markup`, or by the chart renderer. Everything else is text and is escaped. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What can stand in a page. */
export type HtmlContent = string | number | bigint | Markup | readonly HtmlContent[] | undefined | false;

/** Characters of one text that a page shows at most: what an instance says may be of any length. */
const longestText = 2000;

/**
 * A piece of a page: the literal parts are HTML, every substitution is text, escaped for both elements and quoted attributes,
 * unless it is Markup already; an array is its parts, `undefined` and `false` are nothing.
 * (Not named `html`: formatters change the white space of such templates.)
 */
export function markup(literals: TemplateStringsArray, ...values: readonly HtmlContent[]): Markup {
  return new Markup(literals.reduce((page, literal, index) => page + markupOf(values[index - 1]) + literal));
}

function markupOf(value: HtmlContent): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(markupOf).join('');
  return escaped(printable(String(value), longestText));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}
