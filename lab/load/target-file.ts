import { readFileSync } from "node:fs";
import { targetLookMs } from "../../kernel/bypass.ts";

/** Base URLs of teams that do not go to the gateway now: what `blastlab break-glass on` writes. */
export interface TeamTargets extends Disposable {
  /** Undefined: the team goes where the plan says. */
  readonly of: (this: void, team: string) => string | undefined;
}

/**
 * Follows a target file, `{"teams": {"search": "http://127.0.0.1:8100"}}`. One that is missing names no team; of one
 * that cannot be read the last version stays in force. Addresses that are not loopback are ignored: nothing else of a
 * run goes there either.
 */
export function followTargetFile(file: string): TeamTargets {
  let targets: ReadonlyMap<string, string> = new Map();
  const read = () => {
    try {
      targets = targetsOf(JSON.parse(readFileSync(file, "utf8")));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") targets = new Map();
    }
  };
  read();
  const timer = setInterval(read, targetLookMs);
  timer.unref();
  return { of: (team) => targets.get(team), [Symbol.dispose]: () => clearInterval(timer) };
}

function targetsOf(value: unknown): ReadonlyMap<string, string> {
  const { teams } = value as { teams?: Readonly<Record<string, unknown>> };
  return new Map(Object.entries(teams ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === "string" && /^http:\/\/127(\.\d{1,3}){3}:\d+$/.test(entry[1])));
}
