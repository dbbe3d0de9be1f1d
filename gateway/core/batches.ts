import type { ChatEvent } from "../../kernel/chat.ts";
import { singleEvents, tokenCount } from "./token-runs.ts";

/**
 * An answer in batches: what one read of the provider brought is one batch, so that a burst of tokens costs one turn of
 * the event loop, not one each. No batch is empty. A failure is thrown after the batch of what came before it.
 */
export type Batches = AsyncIterable<readonly ChatEvent[]>;

/**
 * Passes each event to `transform`, each token as one, which emits what takes its place. What was emitted before
 * `transform` throws is yielded first.
 */
export async function* transformEvents(batches: Batches, transform: (event: ChatEvent, emit: (event: ChatEvent) => void) => void): AsyncGenerator<readonly ChatEvent[]> {
  for await (const batch of batches) {
    const emitted: ChatEvent[] = [];
    const emit = (event: ChatEvent) => void emitted.push(event);
    try {
      for (const event of batch) {
        if (tokenCount(event) === 1) transform(event, emit);
        else for (const single of singleEvents(event)) transform(single, emit);
      }
    } catch (error) {
      if (emitted.length > 0) yield emitted;
      throw error;
    }
    if (emitted.length > 0) yield emitted;
  }
}

/** The same batches, after `inspect` has seen each event: at once, where all have come. */
export function tapEvents(batches: Batches, inspect: (event: ChatEvent) => void): Batches {
  if (!(batches instanceof OneBatch)) return tapped(batches, inspect);
  for (const event of batches.events) inspect(event);
  return batches;
}

async function* tapped(batches: Batches, inspect: (event: ChatEvent) => void): AsyncGenerator<readonly ChatEvent[]> {
  for await (const batch of batches) {
    for (const event of batch) inspect(event);
    yield batch;
  }
}

/** The same events, one a batch: for a reader that may stop in the middle of a batch and hand the rest to another. */
export async function* oneByOne(batches: Batches): AsyncGenerator<readonly ChatEvent[]> {
  for await (const batch of batches) for (const event of batch) for (const single of singleEvents(event)) yield [single];
}

/** An answer that has come to its end: who knows it need not wait for its batches. */
class OneBatch implements Batches {
  readonly events: readonly ChatEvent[];

  constructor(events: readonly ChatEvent[]) {
    this.events = events;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly ChatEvent[]> {
    if (this.events.length > 0) yield this.events;
  }
}

/** A complete answer as one batch. */
export function batchOf(events: readonly ChatEvent[]): Batches {
  return new OneBatch(events);
}

/** All events to the end: at once, where all have come. */
export function eventsOf(batches: Batches): readonly ChatEvent[] | Promise<readonly ChatEvent[]> {
  return batches instanceof OneBatch ? batches.events : readAll(batches);
}

async function readAll(batches: Batches): Promise<readonly ChatEvent[]> {
  const events: ChatEvent[] = [];
  for await (const batch of batches) for (const event of batch) events.push(event);
  return events;
}

/** The event alone, without the provider's own words for it. */
export function withoutPiece(event: ChatEvent): ChatEvent {
  if (event.wire === undefined) return event;
  const { wire: _, ...plain } = event;
  return plain;
}
