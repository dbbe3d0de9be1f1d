import type { NoteRecord } from "../../kernel/records.ts";
import type { ProgressEvent } from "../board/progress.ts";
import { RunHand } from "../live/hand.ts";
import { livePartsOf, type LiveParts } from "./live-parts.ts";
import { advanceLive, emptyLive, type LiveState, type RunEnded } from "./live-state.ts";

/** What a person may do now. */
export interface Allowed {
  readonly stop: boolean;
  readonly note: boolean;
  readonly inject: boolean;
  readonly breakGlass: boolean;
}

/**
 * One run and the pages that show it: takes the events of the run, and has its page drawn at most once a turn, and only
 * while somebody looks.
 */
export class LiveSession {
  readonly hand = new RunHand();
  readonly #watchers = new Set<() => void>();
  #state: LiveState = emptyLive;
  #parts: LiveParts | null = null;

  readonly onProgress = (event: ProgressEvent): void => this.#advance(advanceLive(this.#state, event));

  end(ended: RunEnded): void {
    this.#advance({ ...this.#state, ended });
  }

  /** The same as Ctrl-C. False: the run has ended already. */
  stop(): boolean {
    if (this.#state.ended !== null) return false;
    this.#advance({ ...this.#state, stopping: true });
    this.hand.stop();
    return true;
  }

  /** Throws LabError `refused`. */
  note(text: string): NoteRecord {
    const note = this.hand.note(text);
    this.#advance({ ...this.#state, notes: [...this.#state.notes, note] });
    return note;
  }

  get ended(): RunEnded | null {
    return this.#state.ended;
  }

  /** Of the run, or of its control while that goes on. Null: there is none yet. */
  get directory(): string | null {
    const { directory } = this.#state.board;
    return directory === "" ? null : directory;
  }

  get allowed(): Allowed {
    return { stop: !this.#state.stopping && this.#state.ended === null, note: this.hand.takesNotes, inject: this.hand.offered.length > 0, breakGlass: this.hand.bypassTeams.length > 0 };
  }

  /** The parts of the page as they are now; drawn once for all who look. */
  get parts(): LiveParts {
    return (this.#parts ??= livePartsOf(this.#state, { faults: this.hand.offered, teams: this.hand.bypassTeams }));
  }

  /** Calls `onChange` after each change. Returns the unsubscribe. */
  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange);
    return () => void this.#watchers.delete(onChange);
  }

  #advance(state: LiveState): void {
    this.#state = state;
    this.#parts = null;
    for (const onChange of this.#watchers) onChange();
  }
}
