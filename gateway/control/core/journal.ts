import { canonicalJson } from "../../../kernel/canonical-json.ts";
import { evolve } from "./evolve.ts";
import { emptyState, type ControlEvent, type ControlState } from "./state.ts";

/**
 * One line of the journal. `hash` covers the line and the hash before it: none can be changed, moved or taken out of
 * the middle unseen. The chain begins with the region's name: a copy of another region's journal is none here.
 */
export interface JournalLine {
  readonly sequence: number;
  readonly atMs: number;
  readonly who: string;
  readonly event: ControlEvent;
  readonly previous: string;
  readonly hash: string;
}

/** SHA-256 of a text, in hex. */
export type Digest = (text: string) => string;

/** Whose journal it is, and the hash of its lines. */
export interface Chain {
  readonly region: string;
  readonly digest: Digest;
}

const startOf = ({ region, digest }: Chain) => digest(`journal of region ${region}`);

export function nextLine(content: Pick<JournalLine, "atMs" | "who" | "event">, last: JournalLine | null, chain: Chain): JournalLine {
  const line = { sequence: (last?.sequence ?? 0) + 1, previous: last?.hash ?? startOf(chain), ...content };
  return { ...line, hash: chain.digest(canonicalJson(line)) };
}

export interface Replayed {
  readonly state: ControlState;
  readonly last: JournalLine | null;
  /** The last line was not whole, as after a loss of power while it was written. It was never in force. */
  readonly torn: boolean;
}

/**
 * The state that a journal's text holds. Throws where a line before the last one is damaged or missing, and for another
 * region's journal: such a journal proves nothing.
 */
export function replay(text: string, chain: Chain): Replayed {
  const pieces = text.split("\n");
  const torn = pieces.pop() !== "";
  let state = emptyState;
  let last: JournalLine | null = null;
  for (const [index, piece] of pieces.entries()) {
    const line = parsed(piece);
    if (index === 0 && line?.sequence === 1 && line.previous !== startOf(chain)) throw new Error(`The journal was not begun by region "${chain.region}"`);
    if (line === null || !follows(line, last, chain)) throw new Error(`Line ${index + 1} of the journal was changed, or one before it is missing`);
    state = evolve(state, line.event, line);
    last = line;
  }
  return { state, last, torn };
}

function follows({ hash, ...line }: JournalLine, last: JournalLine | null, chain: Chain): boolean {
  return line.sequence === (last?.sequence ?? 0) + 1 && line.previous === (last?.hash ?? startOf(chain)) && chain.digest(canonicalJson(line)) === hash;
}

function parsed(text: string): JournalLine | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "event" in value ? (value as JournalLine) : null;
  } catch {
    return null;
  }
}
