/** The parts of a control plane's answers that a person reads (gateway/control/region.ts). */
export interface EntryShown {
  readonly package: { readonly version: number; readonly hash: string; readonly bytes: number };
  readonly who: string;
  readonly why: string;
  readonly forced: readonly string[];
  readonly state: string;
  readonly reached: number;
  readonly stagedAtMs: number;
  readonly reason: string | null;
  readonly evaluation: { readonly reasons: readonly string[] } | null;
}

export interface RolloutShown extends EntryShown {
  readonly phase: "waiting" | "checking" | "identity" | "evaluating" | "undecided" | "step";
  readonly waitMs?: number;
  readonly step?: number;
  readonly of?: number;
  readonly share?: number;
  readonly standing?: { readonly reason: string } | null;
}

export interface StatusShown {
  readonly region: string;
  readonly active: EntryShown | null;
  readonly activeOn: readonly string[];
  readonly rollout: RolloutShown | null;
  readonly identities: Readonly<Record<string, object>>;
  readonly planes: readonly { readonly plane: string; readonly current: string | null; readonly refused: readonly { readonly hash: string; readonly reason?: string }[] }[];
  readonly publicKey: string;
}

export const nameOf = ({ package: { version, hash } }: EntryShown): string => `version ${version} (${hash.slice(0, 12)})`;

export const percent = (share: number): string => `${Number((100 * share).toFixed(2))} %`;

/** Where a rollout is, in one line. */
export function phaseText({ phase, waitMs = 0, step, of, share = 0, standing, evaluation }: RolloutShown): string {
  if (phase === "waiting") return `forced: begins in ${Math.ceil(waitMs / 1_000)} s`;
  if (phase === "checking") return "the data plane's loader checks it";
  if (phase === "identity") return "its deployments are asked who they are";
  if (phase === "evaluating") return "the eval gate compares it with the active package";
  if (phase === "undecided") return `the eval gate is undecided: ${evaluation?.reasons.join(" ") ?? ""} Ask again: npx blastlab gateway evaluate. End it: npx blastlab gateway rollback`;
  return `step ${step} of ${of}, ${percent(share)} of the clients: ${standing?.reason ?? "no evidence yet"}`;
}
