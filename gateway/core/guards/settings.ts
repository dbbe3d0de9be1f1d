export type PiiKind = "credential" | "email" | "iban" | "card" | "ssn" | "ip" | "phone";

/** What happens when a guard cannot do its work: `open` lets the request through, `closed` refuses it. */
export type OnFailure = "open" | "closed";

/** What stands between clients and providers. Each null: off. */
export interface GuardsConfig {
  readonly pii: PiiConfig | null;
  readonly injection: InjectionConfig | null;
}

export interface PiiConfig {
  readonly kinds: readonly PiiKind[];
  /** Whether the caller gets its own values back where the answer names their placeholders. */
  readonly restore: boolean;
  /** Whether values that the request did not hold are taken out of the answer too. */
  readonly answers: "pass" | "scrub";
  /** Longer requests cannot be searched. */
  readonly charactersMax: number;
  readonly onFailure: OnFailure;
}

export interface InjectionConfig {
  /** Least score, 0..1, that counts as an attempt. */
  readonly threshold: number;
  /** `flag`: let it through, and say so in its event. */
  readonly action: "block" | "flag";
  readonly charactersMax: number;
  readonly onFailure: OnFailure;
  readonly inspector: { readonly kind: "heuristic" } | HttpInspectorConfig;
}

/** A classifier of one's own: `POST {"texts": [..]}` answers `{"score": 0..1, "reasons": [..]}`. */
export interface HttpInspectorConfig {
  readonly kind: "http";
  readonly url: string;
  readonly timeoutMs: number;
}

export const piiKinds: readonly PiiKind[] = ["credential", "email", "iban", "card", "ssn", "ip", "phone"];

export const defaultPii: PiiConfig = { kinds: piiKinds, restore: true, answers: "pass", charactersMax: 1_000_000, onFailure: "closed" };

export const defaultInjection: InjectionConfig = { threshold: 0.7, action: "block", charactersMax: 100_000, onFailure: "closed", inspector: { kind: "heuristic" } };
