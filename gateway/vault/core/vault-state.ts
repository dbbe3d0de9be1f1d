/** What a vault keeps on disk. Values are sealed; names, versions and times are not secret. */
export interface VaultState {
  readonly schema: "blastlab.vault/1";
  readonly region: string;
  /** An operator sealed it: a restart does not open it. */
  readonly sealed: boolean;
  /** A known text under the master key, which tells a wrong key from a right one. */
  readonly check: string;
  readonly secrets: Readonly<Record<string, readonly SecretVersion[]>>;
}

/** One version of a secret; the last of its list is the present one. */
export interface SecretVersion {
  readonly version: number;
  readonly createdAtMs: number;
  /** A newer version has replaced it: it is valid until then. Null: it is the present one. */
  readonly validUntilMs: number | null;
  readonly revoked: boolean;
  /** Null: destroyed. */
  readonly sealed: string | null;
}

export function presentVersion(versions: readonly SecretVersion[] | undefined): SecretVersion | null {
  const last = versions?.at(-1);
  return last === undefined || last.revoked ? null : last;
}

/** How a version that is held stands: `outdated` may be used until it is renewed, `revoked` may not be used. */
export type Standing = "current" | "outdated" | "revoked";

export function standingOf(versions: readonly SecretVersion[] | undefined, version: number, wallMs: number): Standing {
  const held = versions?.find((candidate) => candidate.version === version);
  if (held === undefined || held.revoked) return "revoked";
  if (held.validUntilMs === null) return "current";
  return wallMs < held.validUntilMs ? "outdated" : "revoked";
}

/** The list with a new present version. The one before stays valid for the overlap; older ones end at once. */
export function withVersion(versions: readonly SecretVersion[], added: { sealed: string; atMs: number; overlapMs: number }): readonly SecretVersion[] {
  const ending = versions.map((version) => ({ ...version, validUntilMs: Math.min(version.validUntilMs ?? Infinity, added.atMs + added.overlapMs) }));
  const version = (versions.at(-1)?.version ?? 0) + 1;
  return [...ending, { version, createdAtMs: added.atMs, validUntilMs: null, revoked: false, sealed: added.sealed }];
}

/** The list with one version, or all, revoked and destroyed. */
export function withRevoked(versions: readonly SecretVersion[], version: number | null): readonly SecretVersion[] {
  return versions.map((each) => (version === null || each.version === version ? { ...each, revoked: true, sealed: null } : each));
}

/** The list with what nobody may use any more destroyed. */
export function withoutEnded(versions: readonly SecretVersion[], wallMs: number): readonly SecretVersion[] {
  return versions.map((each) => (each.validUntilMs !== null && each.validUntilMs <= wallMs ? { ...each, sealed: null } : each));
}
