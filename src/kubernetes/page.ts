import type { z } from 'zod';
import type { ApiRequest, KubernetesClient } from './client.ts';
import { KubernetesError } from './failure.ts';

/** Objects in one answer, as kubectl has it: thousands at once cost the API server much memory. */
const pageSize = 500;

/** A page of a list. */
interface Page<Item> {
  readonly metadata?:
    | { readonly resourceVersion?: string | null | undefined; readonly continue?: string | null | undefined }
    | null
    | undefined;
  readonly items: readonly Item[];
}

/** A whole list, and the version from which on a watch tells what changes. */
export interface Listed<Item> {
  readonly items: readonly Item[];
  readonly version: string;
}

/**
 * All objects of a list, page by page. When the list has changed for so long that its next page is not to be had any more, it
 * is begun again, in one answer. @throws KubernetesError
 */
export async function listAll<Item>(
  client: KubernetesClient,
  path: string,
  schema: z.ZodType<Page<Item>>,
  request: ApiRequest,
  size = pageSize,
): Promise<Listed<Item>> {
  const items: Item[] = [];
  let next = '';
  try {
    for (;;) {
      const query = { ...request.query, limit: String(size), ...(next !== '' && { continue: next }) };
      const page = await client.request('GET', path, schema, { ...request, query });
      items.push(...page.items);
      next = page.metadata?.continue ?? '';
      if (next === '') return { items, version: page.metadata?.resourceVersion ?? '' };
    }
  } catch (error) {
    const isExpired = error instanceof KubernetesError && error.status === 410 && next !== '';
    if (!isExpired) throw error;
  }
  const { items: all, metadata } = await client.request('GET', path, schema, request);
  return { items: all, version: metadata?.resourceVersion ?? '' };
}
