import type { ChatEvent } from "../../kernel/chat.ts";

/**
 * An answer on its way: what one read of the provider brought is one batch, so that a burst of tokens costs one turn and not one each. No
 * batch is empty. A failure is thrown after the batch of what came before it.
 */
export type Batches = AsyncIterable<readonly ChatEvent[]>;

/**
 * Each event through `take`, which says what becomes of it by `give`. What was given before `take` throws still comes first.
 */
export async function* transformEvents(batches: Batches, take: (event: ChatEvent, give: (event: ChatEvent) => void) => void): AsyncGenerator<readonly ChatEvent[]> {
  for await (const batch of batches) {
    const given: ChatEvent[] = [];
    const give = (event: ChatEvent) => void given.push(event);
    try {
      for (const event of batch) take(event, give);
    } catch (error) {
      if (given.length > 0) yield given;
      throw error;
    }
    if (given.length > 0) yield given;
  }
}

/** The same, after `look` has seen each event. */
export async function* tapEvents(batches: Batches, look: (event: ChatEvent) => void): AsyncGenerator<readonly ChatEvent[]> {
  for await (const batch of batches) {
    for (const event of batch) look(event);
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
