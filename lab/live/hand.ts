import type { BreakGlassWindow } from "../../kernel/action.ts";
import type { Clock } from "../../kernel/clock.ts";
import { LabError } from "../../kernel/errors.ts";
import type { Fault } from "../../kernel/fault.ts";
import type { NoteRecord } from "../../kernel/records.ts";
import { Canceller, type Signal } from "../../kernel/signal.ts";
import type { HandBypass } from "../conductor/core/hand-bypass.ts";
import type { HandPlay } from "../conductor/core/hand-play.ts";

/** What the observer reads of a run's notes (observer/record-schemas.ts, observer/taps.ts). */
const notesMax = 1_000;
const noteCharactersMax = 2_000;

interface FaultTaking {
  readonly offered: readonly Fault[];
  readonly play: Pick<HandPlay, "inject" | "lift">;
}

type BypassTaking = Pick<HandBypass, "teams" | "open" | "close">;

interface NoteTaking {
  readonly clock: Pick<Clock, "nowMs">;
  readonly write: (note: NoteRecord) => void;
  taken: number;
}

/** Whom the page's orders reach: the last that took them, until what `take` gave is disposed of. */
class Taken<T extends object> {
  by: T | null = null;

  take(by: T): Disposable {
    this.by = by;
    return {
      [Symbol.dispose]: () => {
        if (this.by === by) this.by = null;
      },
    };
  }
}

/** What a person does to a run from its live page. */
export class RunHand {
  readonly #stop = new Canceller();
  #taking: NoteTaking | null = null;
  readonly #faults = new Taken<FaultTaking>();
  readonly #bypass = new Taken<BypassTaking>();

  /** Cancelled, with words for its reason, when the run is to end as by Ctrl-C. */
  get stopAsked(): Signal {
    return this.#stop.signal;
  }

  /** Lifts every fault and ends the run, as Ctrl-C does. */
  stop(): void {
    this.#stop.cancel("the stop button of the live page");
  }

  /** Faults are injected by hand until the result is disposed of. */
  takeFaults(offered: readonly Fault[], play: FaultTaking["play"]): Disposable {
    return this.#faults.take({ offered, play });
  }

  /** What may be injected. Empty where nothing may now. */
  get offered(): readonly Fault[] {
    return this.#faults.by?.offered ?? [];
  }

  /** Injects one of those that are offered. Throws LabError `refused`: `not_offered`, `not_now`. */
  inject(id: string, lengthMs: number): Fault {
    const fault = this.offered.find((each) => each.id === id);
    if (fault === undefined) throw new LabError({ exit: "refused", code: "not_offered", message: `Cannot inject "${id}": this run does not offer it now`, hint: "Choose one of the list, while the timeline goes on" });
    return this.#faults.by!.play.inject(fault, lengthMs);
  }

  /** Lifts one that was injected by hand. Throws LabError `refused`: `not_offered`, `not_in_force`. */
  lift(id: string): void {
    if (this.#faults.by === null) throw new LabError({ exit: "refused", code: "not_offered", message: `Cannot lift "${id}": no run takes faults by hand now`, hint: "At the end of a run everything is lifted" });
    this.#faults.by.play.lift(id);
  }

  /** Teams are led past the gateways by hand until the result is disposed of. */
  takeBypass(play: BypassTaking): Disposable {
    return this.#bypass.take(play);
  }

  /** Whom a person may lead past the gateways now. */
  get bypassTeams(): readonly string[] {
    return this.#bypass.by?.teams ?? [];
  }

  /** Leads a team past the gateways. Throws LabError `refused`: `not_offered`, `not_now`, `bad_window`. */
  openBypass(team: string, window: BreakGlassWindow): void {
    if (this.#bypass.by === null) throw noBypass(team);
    this.#bypass.by.open(team, window);
  }

  /** Leads it back. Throws LabError `refused`: `not_offered`, `not_in_force`. */
  closeBypass(team: string): void {
    if (this.#bypass.by === null) throw noBypass(team);
    this.#bypass.by.close(team);
  }

  /** Notes are written into the run's records while its timeline goes on: until the result is disposed of. */
  takeNotes(clock: Pick<Clock, "nowMs">, write: (note: NoteRecord) => void): Disposable {
    const taking = { clock, write, taken: 0 };
    this.#taking = taking;
    return {
      [Symbol.dispose]: () => {
        if (this.#taking === taking) this.#taking = null;
      },
    };
  }

  get takesNotes(): boolean {
    return this.#taking !== null;
  }

  /** Records a note with the time of the run. Throws LabError `refused`: `no_timeline`, `bad_note`. */
  note(text: string): NoteRecord {
    const taking = this.#taking;
    if (taking === null) throw refused("no_timeline", "the timeline of the run does not go on", "Notes are part of the records: write them between its start and its end");
    const trimmed = text.trim();
    if (trimmed === "" || trimmed.length > noteCharactersMax) throw refused("bad_note", `it has ${trimmed.length} characters`, `Write 1 to ${noteCharactersMax}`);
    if (taking.taken >= notesMax) throw refused("bad_note", `the run has ${notesMax} notes already`, "Write further ones elsewhere");
    taking.taken++;
    const note = { atMs: Math.max(0, Math.round(taking.clock.nowMs())), text: trimmed };
    taking.write(note);
    return note;
  }
}

function noBypass(team: string): LabError {
  return new LabError({ exit: "refused", code: "not_offered", message: `Cannot break the glass for team "${team}": no run takes that now`, hint: "Wait until the timeline goes on; the stack needs a bypass" });
}

function refused(code: string, why: string, hint: string): LabError {
  return new LabError({ exit: "refused", code, message: `Cannot record the note: ${why}`, hint });
}
