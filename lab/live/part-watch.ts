import { LabError } from "../../kernel/errors.ts";
import { describeExit, wardenId, type PartExit } from "../warden/client.ts";

/** What ends by itself when its work is done, and is watched where it was started. */
const endsByItself = new Set(["load", "verdict"]);

/**
 * Watches the lab's own parts. The death of one voids the run: what it did to the requests is not the system's doing.
 */
export interface PartWatch {
  /** For the warden. */
  readonly onExit: (exit: PartExit) => void;
  /** Rejects with LabError `failed` `part_died`, which names the part; never resolves. */
  readonly died: Promise<never>;
}

/** `underTest`: ids of the children whose end is a finding, and no fault of the lab. */
export function watchParts(underTest: ReadonlySet<string> = new Set()): PartWatch {
  const isDeath = ({ id, ordered }: PartExit) => !ordered && !endsByItself.has(id) && !underTest.has(id);
  const death = Promise.withResolvers<never>();
  // The run races it against its own work; between two races a rejection is not unhandled.
  death.promise.catch(() => {});
  return {
    onExit: (exit) => {
      // Who waits for a child to be ready knows better why it ended: that error comes first.
      if (isDeath(exit)) setImmediate(() => death.reject(partDied(exit)));
    },
    died: death.promise,
  };
}

/** What each child is, in the words of a reader. */
function nameOf(id: string): string {
  if (id === wardenId) return "warden";
  return id === "network" ? "proxy" : id;
}

function partDied(exit: PartExit): LabError {
  return new LabError({
    exit: "failed",
    code: "part_died",
    message: `The lab's own ${nameOf(exit.id)} ended in the middle of the run (${describeExit(exit)}): the run is void`,
    hint: `Read ${exit.log}`,
  });
}
