import type { Clock } from "../../../kernel/seams.ts";
import type { Signal } from "../../../kernel/signal.ts";
import type { Call, Reply } from "../call.ts";
import type { DefectConfig } from "../config.ts";

/** A planted defect, as the stage of its kind sees it. */
export interface Defect {
  readonly settings: DefectConfig;
  readonly clock: Clock;
  readonly lifted: Signal;
  /** Whether this request is of a cell and a time that the defect is for, and the defect is not lifted. */
  covers(call: Call): boolean;
  /** Whether it was drawn: the defect's share of those that it covers. */
  hits(call: Call): boolean;
  applied(...calls: readonly Call[]): void;
}

export type Answer = Extract<Reply, { kind: "answer" }>;
