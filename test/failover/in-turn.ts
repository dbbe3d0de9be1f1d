/** Does `count` things, `together` of them at a time; their results in order. */
export async function inTurn<T>(count: number, together: number, each: (index: number) => Promise<T>): Promise<readonly T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const index = next++;
      results[index] = await each(index);
    }
  };
  await Promise.all(Array.from({ length: together }, worker));
  return results;
}

/** The number in `stream-17`. */
export const numberOf = (requestId: string) => Number(requestId.split("-")[1]);
