import { parseHTML } from 'linkedom';
import { drawReport } from '../../../src/view/report/report.ts';
import { run } from '../example.ts';

/** As much of an element as tests look at. */
export interface PageElement {
  readonly localName: string;
  readonly textContent: string;
  readonly attributes: Iterable<{ readonly name: string; readonly value: string }>;
  readonly nextElementSibling: PageElement | null;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
  getAttribute(name: string): string | null;
}

/** The report of a journal. */
export function draw(journal: string): Promise<string> {
  async function* chunks(): AsyncGenerator<string> {
    yield journal;
  }
  return drawReport(run, () => Promise.resolve(chunks()));
}

/** A page as a document. */
export function parse(page: string): PageElement {
  return parseHTML(page).document;
}

/** The part of a page under this heading. */
export function sectionOf(document: PageElement, heading: string): PageElement {
  const found = [...document.querySelectorAll('section')].find(
    (section) => section.querySelector('h2')?.textContent === heading,
  );
  if (!found) throw new Error(`no section '${heading}'`);
  return found;
}

/** Names and values of the lists of a part. */
export function factsOf(part: PageElement): Map<string, string> {
  return new Map(
    [...part.querySelectorAll('dt')].map((name) => [
      name.textContent,
      name.nextElementSibling?.textContent ?? '',
    ]),
  );
}

/** The cells of the rows of a part's tables, without their heads. */
export function rowsOf(part: PageElement): string[][] {
  return [...part.querySelectorAll('tbody tr')].map((row) =>
    [...row.querySelectorAll('td')].map(({ textContent }) => textContent),
  );
}
