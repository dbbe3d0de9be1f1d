/**
 * What the lab computed again from the inputs that a run directory keeps, for the observer to compare with what it
 * reads. It is JSON.
 */
export interface Recomputation {
  /** SHA-256 of the inputs. Null: they are missing or cannot be read. */
  readonly inputs: string | null;
  /** What the inputs give. Null: it was not computed; `problems` or `notes` tell why. */
  readonly planned: PlannedParts | null;
  /** The same of the paired control, whose world and load are the run's. Null: there is no control. */
  readonly control: PlannedParts | null;
  /** Sentences, each of which makes the verdict `unknown`. */
  readonly problems: readonly string[];
  /** Sentences that change no verdict. */
  readonly notes: readonly string[];
}

export interface PlannedParts {
  readonly plan: PlannedPart;
  readonly arrivals: PlannedPart;
}

export interface PlannedPart {
  /** As `plan-digest.ts` makes it. */
  readonly digest: string;
  /** Where what is kept first differs, as a clause: `seed is 8, not 7`. Null: the lab found no difference. */
  readonly difference: string | null;
}
