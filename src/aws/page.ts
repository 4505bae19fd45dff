/**
 * All items of a list that AWS gives page by page, with the paginators of the SDK. An empty page is not the last one:
 * with a filter EC2 may answer many of them, each with a token (boto/boto3#2888, #3073). The paginators leave the last token
 * in the input that they are given: make it anew for each.
 */
export async function allItems<Page, Item>(
  pages: AsyncIterable<Page>,
  items: (page: Page) => readonly Item[] | undefined,
): Promise<Item[]> {
  const found: Item[] = [];
  for await (const page of pages) found.push(...(items(page) ?? []));
  return found;
}
