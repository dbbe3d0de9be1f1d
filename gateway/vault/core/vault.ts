import type { Clock } from "../../../kernel/clock.ts";
import { messageOf } from "../../../kernel/errors.ts";
import { nextEntry, type AuditEntry, type Digest } from "./audit.ts";
import { isSecretName, type LeaseTerms } from "./lease.ts";
import { presentVersion, standingOf, withoutEnded, withRevoked, withVersion, type SecretVersion, type Standing, type VaultState } from "./vault-state.ts";

/** The key over all keys. It is in memory only while the vault is open. */
export interface MasterKey {
  readonly isLoaded: boolean;
  /** Reads it from its configured place. Throws where it cannot. */
  load(): void;
  forget(): void;
  /** `context` is authenticated with the text: what is sealed for one secret does not open as another. */
  seal(plain: string, context: string): string;
  /** Throws where key or context differ. */
  open(sealed: string, context: string): string;
}

/** What outlives the process. Each call has taken effect on the disk when it returns, and throws where it cannot. */
export interface VaultDisk {
  readState(): VaultState | null;
  writeState(state: VaultState): void;
  lastAudit(): AuditEntry | null;
  appendAudit(entry: AuditEntry): void;
}

export interface VaultSeams {
  readonly clock: Clock;
  readonly master: MasterKey;
  readonly disk: VaultDisk;
  readonly digest: Digest;
  /** Text that nobody can guess, without a secret in it. */
  readonly randomId: () => string;
}

export interface VaultSettings {
  readonly region: string;
  readonly terms: LeaseTerms;
}

/** A value with the right to use it. */
export interface Grant extends LeaseTerms {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly value: string;
}

export interface VaultStatus {
  readonly region: string;
  readonly sealed: boolean;
  /** Why it is sealed, where nobody sealed it on purpose. */
  readonly reason: string | null;
  readonly secrets: readonly { readonly name: string; readonly versions: readonly Omit<SecretVersion, "sealed">[] }[];
  readonly audit: { readonly entries: number; readonly head: string | null };
}

/** Why the vault refused. `status` is HTTP's. */
export class VaultRefusal extends Error {
  override readonly name = "VaultRefusal";
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

interface Access {
  readonly who: string;
  readonly action: string;
  readonly secret?: string;
}

const checkText = "blastlab vault";

/**
 * A region's vault: what it does, whatever keeps its bytes and its key. Every access is in its audit log before its
 * answer leaves.
 */
export class Vault {
  readonly #settings: VaultSettings;
  readonly #seams: VaultSeams;
  #state: VaultState | null;
  #lastAudit: AuditEntry | null;
  #reason: string | null = null;

  /** Opens the vault, unless an operator sealed it or its key cannot be used: then it starts sealed, and says why. */
  constructor(settings: VaultSettings, seams: VaultSeams) {
    this.#settings = settings;
    this.#seams = seams;
    this.#state = seams.disk.readState();
    if (this.#state !== null && this.#state.region !== settings.region) throw new VaultRefusal(409, "other_region", `These files belong to the vault of region "${this.#state.region}"`);
    this.#lastAudit = seams.disk.lastAudit();
    if (this.#state?.sealed === true) return;
    try {
      this.#open();
    } catch (error) {
      seams.master.forget();
      this.#reason = messageOf(error);
    }
  }

  get isSealed(): boolean {
    return !this.#seams.master.isLoaded;
  }

  status(): VaultStatus {
    const secrets = Object.entries(this.#state?.secrets ?? {}).map(([name, versions]) => ({ name, versions: versions.map(withoutSealed) }));
    return { region: this.#settings.region, sealed: this.isSealed, reason: this.#reason, secrets, audit: { entries: this.#lastAudit?.sequence ?? 0, head: this.#lastAudit?.hash ?? null } };
  }

  /** Forgets the master key. Leases that are out stay valid. */
  seal(who: string): void {
    this.#audited({ who, action: "seal" }, () => {
      this.#seams.master.forget();
      this.#reason = null;
      if (this.#state !== null) this.#write({ ...this.#state, sealed: true });
    });
  }

  /** Reads the master key again. */
  unseal(who: string): void {
    this.#audited({ who, action: "unseal" }, () => {
      try {
        this.#open();
      } catch (error) {
        this.#seams.master.forget();
        throw new VaultRefusal(409, "master_key_unusable", messageOf(error));
      }
      this.#reason = null;
      this.#write({ ...this.#opened(), sealed: false });
    });
  }

  /** Keeps a new secret. */
  put({ name, value, who }: { name: string; value: string; who: string }): number {
    return this.#audited({ who, action: "put", secret: name }, () => {
      if (this.#opened().secrets[name] !== undefined) throw new VaultRefusal(409, "secret_exists", `There is a secret "${name}" already: rotate it`);
      return this.#add(name, value, 0);
    });
  }

  /** Replaces a secret; the version before stays valid for `overlapMs`. Returns the new version. */
  rotate({ name, value, overlapMs, who }: { name: string; value: string; overlapMs: number; who: string }): number {
    return this.#audited({ who, action: "rotate", secret: name }, () => {
      this.#versionsOf(name);
      return this.#add(name, value, overlapMs);
    });
  }

  /** Destroys one version of a secret, or all (null), at once. Possible while the vault is sealed. */
  revoke({ name, version, who }: { name: string; version: number | null; who: string }): void {
    this.#audited({ who, action: "revoke", secret: name }, () => {
      const versions = this.#versionsOf(name);
      if (version !== null && !versions.some((each) => each.version === version)) throw new VaultRefusal(404, "version_unknown", `Secret "${name}" has no version ${version}`);
      this.#replace(name, withRevoked(versions, version));
    });
  }

  /** A new lease on the present version: renewals are leases like any other. */
  lease(name: string, who: string): Grant {
    return this.#audited({ who, action: "lease", secret: name }, () => {
      this.#opened();
      const present = presentVersion(this.#versionsOf(name));
      if (present?.sealed == null) throw new VaultRefusal(403, "secret_revoked", `Secret "${name}" is revoked`);
      const value = this.#seams.master.open(present.sealed, this.#context(name, present.version));
      return { id: this.#seams.randomId(), name, version: present.version, value, ...this.#settings.terms };
    });
  }

  /**
   * How the versions that a data plane holds stand. No value leaves, so that it is not audited, and it works while the
   * vault is sealed.
   */
  standing(held: readonly { readonly name: string; readonly version: number }[]): readonly Standing[] {
    const now = this.#seams.clock.wallMs();
    return held.map(({ name, version }) => standingOf(this.#state?.secrets[name], version, now));
  }

  #open(): void {
    const { master } = this.#seams;
    master.load();
    const context = this.#context("", 0);
    if (this.#state === null) this.#write({ schema: "blastlab.vault/1", region: this.#settings.region, sealed: false, check: master.seal(checkText, context), secrets: {} });
    else if (!opens(master, this.#state.check, context)) throw new Error("It is not the key with which these secrets were sealed");
  }

  #opened(): VaultState {
    if (this.isSealed || this.#state === null) throw new VaultRefusal(503, "vault_sealed", this.#reason === null ? "The vault is sealed" : `The vault is sealed: ${this.#reason}`);
    return this.#state;
  }

  #versionsOf(name: string): readonly SecretVersion[] {
    const { secrets = {} } = this.#state ?? {};
    if (!isSecretName(name) || !Object.hasOwn(secrets, name)) throw new VaultRefusal(404, "secret_unknown", "There is no secret of that name");
    return secrets[name]!;
  }

  #add(name: string, value: string, overlapMs: number): number {
    if (!isSecretName(name)) throw new VaultRefusal(400, "name_invalid", "A name has letters, digits, _ . and -, begins with a letter or digit, and is at most 64 long");
    const versions = withoutEnded(this.#opened().secrets[name] ?? [], this.#seams.clock.wallMs());
    const version = (versions.at(-1)?.version ?? 0) + 1;
    const sealed = this.#seams.master.seal(value, this.#context(name, version));
    this.#replace(name, withVersion(versions, { sealed, atMs: this.#seams.clock.wallMs(), overlapMs }));
    return version;
  }

  #replace(name: string, versions: readonly SecretVersion[]): void {
    if (this.#state !== null) this.#write({ ...this.#state, secrets: { ...this.#state.secrets, [name]: versions } });
  }

  /** The state in memory is never ahead of the one on disk. */
  #write(state: VaultState): void {
    this.#seams.disk.writeState(state);
    this.#state = state;
  }

  /** A secret sealed for one name, version and region opens as no other. */
  #context(name: string, version: number): string {
    return JSON.stringify([name, version, this.#settings.region]);
  }

  /**
   * Runs an access and records how it ended. One that cannot be recorded yields nothing: neither a value nor an answer.
   */
  #audited<T>(access: Access, run: () => T): T {
    let result: { readonly ok: T } | { readonly error: unknown };
    try {
      result = { ok: run() };
    } catch (error) {
      result = { error };
    }
    this.#record(access, "ok" in result ? "ok" : result.error instanceof VaultRefusal ? result.error.code : "failed");
    if ("error" in result) throw result.error;
    return result.ok;
  }

  #record({ who, action, secret }: Access, result: string): void {
    const { clock, digest, disk } = this.#seams;
    // Of names that are none only the length is kept: somebody may have sent a value in its place.
    const named = secret === undefined ? {} : { secret: isSecretName(secret) && this.#state?.secrets[secret] !== undefined ? secret : `unknown (${secret.length} characters)` };
    const entry = nextEntry({ atMs: clock.wallMs(), who, action, ...named, result }, this.#lastAudit, digest);
    try {
      disk.appendAudit(entry);
    } catch (error) {
      throw new VaultRefusal(503, "audit_failed", `The access cannot be recorded: ${messageOf(error)}`);
    }
    this.#lastAudit = entry;
  }
}

function withoutSealed({ version, createdAtMs, validUntilMs, revoked }: SecretVersion): Omit<SecretVersion, "sealed"> {
  return { version, createdAtMs, validUntilMs, revoked };
}

function opens(master: MasterKey, sealed: string, context: string): boolean {
  try {
    return master.open(sealed, context) === checkText;
  } catch {
    return false;
  }
}
