import type { ClientRecord } from "../../kernel/records.ts";
import type { ConfigChange } from "../../scenarios/faults/config-change.ts";
import { planOf, playVirtually } from "../support/virtual.ts";

/** What clients saw of a push while it was in force. */
export interface PushSeen {
  readonly requests: number;
  /** Answered by another package than the one before. */
  readonly reached: number;
  /** Not answered with 200. */
  readonly failed: number;
  /** Answered with 200, and wrong. */
  readonly silent: number;
  /** Whether the records of faults, and the books, are as the plan says. */
  readonly problems: readonly string[];
}

export interface PushOptions {
  readonly seed?: number;
  readonly sets?: Readonly<Record<string, string>>;
}

/** `bad-config-swapped-providers` with another change, in virtual time. */
export async function playPush(change: ConfigChange, stack: string, { seed, sets = {} }: PushOptions = {}): Promise<PushSeen> {
  const inputs = planOf("bad-config-swapped-providers", { "faults.0.change": change, ...sets }, seed, stack);
  const { verdict, records } = await playVirtually(inputs);
  const [injected, lifted] = ["injected", "lifted"].map((action) => records.faults.find((record) => record.action === action)?.atMs ?? Number.NaN);
  const during = records.client.filter(({ sentMs }) => sentMs !== null && sentMs >= injected! && sentMs < lifted!);
  const wrong = new Set(verdict.wrong.map(({ requestId }) => requestId));
  const first = records.client.find(({ package: name }) => name !== undefined)?.package;
  const isReached = ({ package: name }: ClientRecord) => name !== undefined && name !== first;
  return {
    requests: during.length,
    reached: records.client.filter(isReached).length,
    failed: during.filter(({ status }) => status !== 200).length,
    silent: during.filter(({ status, requestId }) => status === 200 && wrong.has(requestId)).length,
    problems: [...verdict.books.problems, ...records.faults.filter(({ action }) => action === "failed").map(({ detail }) => detail)],
  };
}
