export type PiiKind = "credential" | "email" | "iban" | "card" | "ssn" | "ip" | "phone";

/** What happens when a guard fails: `open` lets the request pass, `closed` refuses it. */
export type OnFailure = "open" | "closed";

/** The guards between clients and providers. Each null: off. */
export interface GuardsConfig {
  readonly pii: PiiConfig | null;
  readonly injection: InjectionConfig | null;
  /** Whether a request with images, sounds or files, which no guard can read, passes the guards or is refused. */
  readonly images: "pass" | "refuse";
}

export interface PiiConfig {
  readonly kinds: readonly PiiKind[];
  /** Whether the caller's own values are restored where the answer names their placeholders. */
  readonly restore: boolean;
  /** Whether values that the request did not hold are replaced in the answer too. */
  readonly answers: "pass" | "scrub";
  /** Longer requests cannot be searched. */
  readonly charactersMax: number;
  readonly onFailure: OnFailure;
}

export interface InjectionConfig {
  /** Minimum score, 0..1, that counts as an attempt. */
  readonly threshold: number;
  /** `flag`: let the request pass, and report it in its event. */
  readonly action: "block" | "flag";
  readonly charactersMax: number;
  readonly onFailure: OnFailure;
  readonly inspector: { readonly kind: "heuristic" } | HttpInspectorConfig;
}

/** An external classifier: `POST {"texts": [..]}` returns `{"score": 0..1, "reasons": [..]}`. */
export interface HttpInspectorConfig {
  readonly kind: "http";
  readonly url: string;
  readonly timeoutMs: number;
}

export const piiKinds: readonly PiiKind[] = ["credential", "email", "iban", "card", "ssn", "ip", "phone"];

export const defaultPii: PiiConfig = { kinds: piiKinds, restore: true, answers: "pass", charactersMax: 1_000_000, onFailure: "closed" };

export const defaultInjection: InjectionConfig = { threshold: 0.7, action: "block", charactersMax: 100_000, onFailure: "closed", inspector: { kind: "heuristic" } };
