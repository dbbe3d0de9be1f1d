import type { ChatRequest } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import type { ClientDialect } from "./contracts.ts";
import type { LongBody } from "./long-body.ts";
import type { Pause } from "./pause.ts";

/**
 * A request that is decoded a turn of its conversation at a time. Each step is one of them: a conversation of 25,000
 * turns must not stall the process.
 */
export type Reading<T> = Generator<undefined, T>;

/** Decodes at once, and in pieces, what `read` reads. */
export function decodersOf(read: (body: Uint8Array | LongBody, headers?: Headers) => Reading<ChatRequest>): Pick<ClientDialect, "decodeRequest" | "decodeInPieces"> {
  return {
    decodeRequest: (body, headers) => readAtOnce(read(body, headers)),
    decodeInPieces: (body, headers, pause) => readWithPauses(read(body, headers), pause),
  };
}

function readAtOnce<T>(reading: Reading<T>): T {
  let step = reading.next();
  while (step.done !== true) step = reading.next();
  return step.value;
}

async function readWithPauses<T>(reading: Reading<T>, pause: Pause): Promise<T> {
  let step = reading.next();
  while (step.done !== true) {
    await pause();
    step = reading.next();
  }
  return step.value;
}
