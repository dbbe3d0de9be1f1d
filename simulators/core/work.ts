/**
 * Work that may have to wait: it yields each promise that it waits for, and returns its result. Work without a wait is
 * done synchronously: an async function for each layer of an answer costs more than the answer.
 */
export type Work<T> = Generator<Promise<unknown>, T, void>;

/**
 * Runs work. Returns its result, or a promise of it once the work waits. Throws or rejects as the work does. A rejected
 * wait throws where it was yielded.
 */
export function run<T>(work: Work<T>): T | Promise<T> {
  const step = work.next();
  return step.done === true ? step.value : finish(work, step.value);
}

async function finish<T>(work: Work<T>, first: Promise<unknown>): Promise<T> {
  let step: IteratorResult<Promise<unknown>, T> = { done: false, value: first };
  while (step.done !== true) {
    try {
      await step.value;
    } catch (error) {
      step = work.throw(error);
      continue;
    }
    step = work.next();
  }
  return step.value;
}

/** Waits for a promise. A value that is not a promise is returned at once. */
export function* settled<T>(value: T | Promise<T>): Work<T> {
  if (!(value instanceof Promise)) return value;
  let result: { readonly value: T } | null = null;
  yield value.then((settledValue) => void (result = { value: settledValue }));
  return result!.value;
}
