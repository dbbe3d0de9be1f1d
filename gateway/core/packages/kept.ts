import { messageOf } from "../../../kernel/errors.ts";
import type { CheckedOffer, KeptFile, OfferedPackage, PackageDisk } from "./ports.ts";
import type { LoadedPackage, PackageId } from "./running.ts";

interface KeptRecord {
  readonly package: OfferedPackage;
  /** Lives of the process that began to load it and did not acknowledge it. */
  readonly trials: number;
  readonly isAcknowledged: boolean;
}

/**
 * In this order a start looks for the package to run: the last two for a disk that lost what it had said was written.
 */
const goodFiles = ["last-good", "current", "last-good-previous"] as const;

/**
 * What a data plane keeps on its disk. `current` and `candidate` are written before a package is loaded, so that one
 * that ends the process is known after the restart. `last-good` is written only with a package that was acknowledged;
 * the one before it stays as `last-good-previous`. A disk that cannot be written is reported and stops nothing.
 */
export class KeptPackages {
  readonly #disk: PackageDisk;
  readonly #onTrouble: (reason: string) => void;
  readonly #trials = new Map<string, number>();
  readonly #texts = new Map<string, string>();
  /** Hash and text of the last good package, as it is on the disk. */
  #lastGood: { readonly hash: string; readonly text: string } | null = null;
  #trouble: string | null = null;

  constructor(disk: PackageDisk, onTrouble: (reason: string) => void) {
    this.#disk = disk;
    this.#onTrouble = onTrouble;
  }

  /** Why packages cannot be kept; null: they are. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** The last good package that can be run; null: none. */
  async open(check: (offered: unknown) => CheckedOffer): Promise<(LoadedPackage & { readonly id: PackageId }) | null> {
    for (const file of ["current", "candidate"] as const) {
      const record = recordOf(await this.#read(file));
      if (record !== null && !record.isAcknowledged) this.#trials.set(record.package.hash, record.trials);
    }
    for (const file of goodFiles) {
      const text = await this.#read(file);
      const record = recordOf(text);
      const checked = record?.isAcknowledged === true ? check(record.package) : null;
      if (checked === null || "reason" in checked) continue;
      /** From another file: `last-good` is written again, and no copy of it is overwritten before that. */
      if (file === "last-good") this.#lastGood = { hash: checked.ok.id.hash, text: text! };
      this.#texts.set(checked.ok.id.hash, text!);
      return checked.ok;
    }
    return null;
  }

  trialsOf(hash: string): number {
    return this.#trials.get(hash) ?? 0;
  }

  async keepTrial(role: "current" | "candidate", offered: OfferedPackage, trials: number): Promise<void> {
    this.#trials.set(offered.hash, trials);
    await this.#write(role, textOf({ package: offered, trials, isAcknowledged: false }));
  }

  async keepAcknowledged(role: "current" | "candidate", offered: OfferedPackage): Promise<void> {
    this.#trials.delete(offered.hash);
    const text = acknowledgedText(offered);
    this.#texts.set(offered.hash, text);
    await this.#write(role, text);
  }

  /**
   * Keeps what the data plane runs as its last good package, unless it is already. Tried again with each turn while the
   * disk fails.
   */
  async keepLastGood({ id }: LoadedPackage): Promise<void> {
    if (id === null || this.#lastGood?.hash === id.hash) return;
    const text = this.#texts.get(id.hash);
    if (text === undefined) return;
    if (this.#lastGood !== null) await this.#write("last-good-previous", this.#lastGood.text);
    if (!(await this.#write("last-good", text))) return;
    this.#lastGood = { hash: id.hash, text };
    await this.#write("current", text);
  }

  /** Drops the texts of all other packages. */
  retain(hashes: ReadonlySet<string | undefined>): void {
    for (const hash of this.#texts.keys()) if (!hashes.has(hash)) this.#texts.delete(hash);
  }

  async #read(file: KeptFile): Promise<string | null> {
    try {
      return await this.#disk.read(file);
    } catch (error) {
      this.#report(`cannot read ${file}: ${messageOf(error)}`);
      return null;
    }
  }

  async #write(file: KeptFile, text: string): Promise<boolean> {
    try {
      await this.#disk.write(file, text);
      this.#trouble = null;
      return true;
    } catch (error) {
      this.#report(`cannot write ${file}: ${messageOf(error)}`);
      return false;
    }
  }

  /** Once for each new trouble. */
  #report(trouble: string): void {
    if (this.#trouble === trouble) return;
    this.#trouble = trouble;
    this.#onTrouble(trouble);
  }
}

/** What the disk of a data plane holds of a package that it has acknowledged: `last-good`. */
export function acknowledgedText(offered: OfferedPackage): string {
  return textOf({ package: offered, trials: 0, isAcknowledged: true });
}

function textOf(record: KeptRecord): string {
  return JSON.stringify(record);
}

/** Null: none, or torn. The package itself is checked by its hash. */
function recordOf(text: string | null): KeptRecord | null {
  if (text === null) return null;
  try {
    const record = JSON.parse(text) as Partial<KeptRecord> | null;
    const hash: unknown = record?.package?.hash;
    if (typeof hash !== "string" || typeof record?.trials !== "number") return null;
    return { package: record.package!, trials: record.trials, isAcknowledged: record.isAcknowledged === true };
  } catch {
    return null;
  }
}
