import type { ChatEvent } from "../../kernel/chat.ts";

/**
 * An answer on its way: what one read of the provider brought is one batch, so that a burst of tokens costs one turn and not one each. No
 * batch is empty. A failure is thrown after the batch of what came before it.
 */
export type Batches = AsyncIterable<readonly ChatEvent[]>;

/**
 * Each event through `transform`, which says what becomes of it by `emit`. What was emitted before `transform` throws still comes first.
 */
export async function* transformEvents(batches: Batches, transform: (event: ChatEvent, emit: (event: ChatEvent) => void) => void): AsyncGenerator<readonly ChatEvent[]> {
  for await (const batch of batches) {
    const emitted: ChatEvent[] = [];
    const emit = (event: ChatEvent) => void emitted.push(event);
    try {
      for (const event of batch) transform(event, emit);
    } catch (error) {
      if (emitted.length > 0) yield emitted;
      throw error;
    }
    if (emitted.length > 0) yield emitted;
  }
}

/** The same, after `inspect` has seen each event. */
export async function* tapEvents(batches: Batches, inspect: (event: ChatEvent) => void): AsyncGenerator<readonly ChatEvent[]> {
  for await (const batch of batches) {
    for (const event of batch) inspect(event);
    yield batch;
  }
}

/** The same, event by event: for a reader that may stop in the midst of a batch and let another read on. */
export async function* oneByOne(batches: Batches): AsyncGenerator<readonly ChatEvent[]> {
  for await (const batch of batches) for (const event of batch) yield [event];
}

/** An answer that is here already. */
export async function* batchOf(events: readonly ChatEvent[]): AsyncGenerator<readonly ChatEvent[]> {
  if (events.length > 0) yield events;
}

/** All that comes, to its end. */
export async function eventsOf(batches: Batches): Promise<ChatEvent[]> {
  const events: ChatEvent[] = [];
  for await (const batch of batches) for (const event of batch) events.push(event);
  return events;
}
