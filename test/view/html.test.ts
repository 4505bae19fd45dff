import * as fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { printable } from '../../src/text.ts';
import { Markup, markup } from '../../src/view/html.ts';

test('whatever a text is, it arrives as text, in elements and in attributes', () => {
  const nasty = fc.string({ unit: fc.constantFrom(...`<>"'&/=\`;!-script a\n\u0000\u202E\uD800`.split('')) });
  fc.assert(
    fc.property(fc.oneof(nasty, fc.string({ unit: 'binary' })), (text) => {
      const page = markup`<p title="${text}">${text}</p>`.text;
      const { document } = parseHTML(`<!doctype html><html><body>${page}</body></html>`);
      const element = document.querySelector('p');
      expect(document.body.children.length).toBe(1);
      expect(element?.textContent).toBe(printable(text, 2000));
      expect(element?.getAttribute('title')).toBe(printable(text, 2000));
    }),
  );
});

test('markup stays as it is, lists are their parts, nothing is nothing', () => {
  expect(markup`${new Markup('<b>')}${['<', 1, 2n]}${undefined}${false}`.text).toBe('<b>&lt;12');
});
