import type { Trouble } from "../warden/client.ts";

/** What the warden reported, as clauses for `end.json`. */
export function describeTrouble(trouble: Trouble): string {
  switch (trouble.event) {
    case "undo_failed":
      return `${trouble.description} could not be undone: ${trouble.reason}`;
    case "expired":
      return `${trouble.description} was in force beyond its dead-man limit`;
    case "signal_failed":
      return `${trouble.description} could not be sent: ${trouble.reason}`;
    case "bad_command":
      return `the warden could not read a command: ${trouble.reason}`;
  }
}
