import type { Page } from '@decree/contracts';

/** What is read at once: the largest page that the ledger gives. */
const pageSize = 500;

/** Every row of a list, page after page; with `most`, it ends with the page on which so many are reached. */
export async function allOf<T>(
  read: (page: { limit: number; after?: string }) => Promise<Page<T>>,
  most = Number.POSITIVE_INFINITY,
): Promise<T[]> {
  const items: T[] = [];
  for (let after: string | undefined; items.length < most; ) {
    const page = await read({ limit: pageSize, ...(after && { after }) });
    items.push(...page.items);
    if (!page.next) break;
    after = page.next;
  }
  return items;
}
