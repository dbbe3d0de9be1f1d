/** Maps with at most `limit` calls under way at a time; the results are in the order of the items. */
export async function inOrder<T, R>(items: readonly T[], limit: number, call: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) results[index] = await call(items[index]!);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
