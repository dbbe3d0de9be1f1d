import { LabError, messageOf } from "../../kernel/errors.ts";
import { Canceller, type Signal } from "../../kernel/signal.ts";

/**
 * Settles as `act` does, unless meanwhile a promise is rejected that nobody handles: that is a bug of the code under
 * test or of the lab, and what was measured is void. Then it cancels the signal that `act` was given, and rejects with
 * LabError `failed` `unhandled_rejection`.
 */
export async function failOnUnhandled<T>(act: (bug: Signal) => Promise<T>): Promise<T> {
  const bug = new Canceller();
  const failed = Promise.withResolvers<never>();
  const listener = (reason: unknown) => {
    failed.reject(unhandled(reason));
    bug.cancel(reason);
  };
  process.on("unhandledRejection", listener);
  try {
    return await Promise.race([failed.promise, act(bug.signal)]);
  } finally {
    process.off("unhandledRejection", listener);
  }
}

function unhandled(reason: unknown): LabError {
  return new LabError({
    exit: "failed",
    code: "unhandled_rejection",
    message: `The virtual run is void: a promise was rejected and nobody handled it: ${messageOf(reason)}`,
    hint: "This is a fault of the code under test or of the lab; run again with BLASTLAB_DEBUG=1 for the stack",
    cause: reason,
  });
}
