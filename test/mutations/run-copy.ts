import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Plan } from "../../kernel/plan.ts";
import type { RunEndFile, TapHeader } from "../../kernel/records.ts";
import type { KeptInputs } from "../../lab/plan/kept-inputs.ts";

/** A value as a forger has it: to be changed. */
export type Mutable<T> = T extends readonly (infer Item)[] ? Mutable<Item>[] : T extends object ? { -readonly [Key in keyof T]: Mutable<T[Key]> } : T;

/** A tap as a forger reads it. */
export interface Tap<R = object> {
  readonly header: Mutable<TapHeader>;
  readonly records: Mutable<R>[];
}

/** What the JSON files of a run directory hold. */
interface JsonFiles {
  readonly "plan.json": Plan;
  readonly "end.json": RunEndFile;
  readonly "inputs.json": KeptInputs;
}

type JsonFile = keyof JsonFiles | `control/${keyof JsonFiles}`;
type Held<File extends JsonFile> = Mutable<File extends `control/${infer Name extends keyof JsonFiles}` ? JsonFiles[Name] : File extends keyof JsonFiles ? JsonFiles[File] : never>;

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/**
 * A base run's files, of which a mutation changes some. The directory has them only while the mutated run is judged.
 */
export class RunCopy {
  readonly directory: string;
  readonly #base: ReadonlyMap<string, string>;
  readonly #changed = new Map<string, string | null>();

  constructor(directory: string, base: ReadonlyMap<string, string> = filesOf(directory)) {
    this.directory = directory;
    this.#base = base;
  }

  /** The same base, unchanged. */
  fresh(): RunCopy {
    return new RunCopy(this.directory, this.#base);
  }

  get changed(): readonly string[] {
    return [...this.#changed.keys()];
  }

  text(file: string): string {
    const text = this.#changed.get(file) ?? this.#base.get(file);
    if (text === undefined) throw new NotApplicable(`there is no ${file}`);
    return text;
  }

  /** Null deletes. */
  write(file: string, text: string | null): void {
    this.#changed.set(file, text);
  }

  json<File extends JsonFile>(file: File): Held<File> {
    return JSON.parse(this.text(file)) as Held<File>;
  }

  edit<File extends JsonFile>(file: File, change: (value: Held<File>) => void): void {
    const value = this.json(file);
    change(value);
    this.write(file, JSON.stringify(value, null, 1));
  }

  tap<R = object>(name: string): Tap<R> {
    const [header, ...lines] = this.text(`taps/${name}.ndjson`).trimEnd().split("\n").map((line) => JSON.parse(line) as unknown);
    return { header: header as Mutable<TapHeader>, records: lines.slice(0, -1) as Mutable<R>[] };
  }

  /** Writes a tap with its records numbered anew; with its trailer as it was where `sealed` is false. */
  writeTap(name: string, { header, records }: Tap, sealed: boolean): void {
    const body = [header, ...records.map((record, sequence) => ({ ...record, sequence }))].map((line) => `${JSON.stringify(line)}\n`).join("");
    const trailer = sealed ? JSON.stringify({ type: "trailer", count: records.length, sha256: sha256(body) }) : this.text(`taps/${name}.ndjson`).trimEnd().split("\n").at(-1)!;
    this.write(`taps/${name}.ndjson`, `${body}${trailer}\n`);
  }

  /** Gives every `end.json` the sums of the files as they are now. */
  seal(): void {
    for (const folder of ["", "control/"] as const) {
      const file = `${folder}end.json` as const;
      if (!this.#base.has(file) || this.#changed.get(file) === null) continue;
      const end = this.json(file);
      const sealed = Object.keys(end.sums).filter((name) => this.#changed.get(folder + name) !== null);
      this.write(file, JSON.stringify({ ...end, sums: Object.fromEntries(sealed.map((name) => [name, sha256(this.text(folder + name))])) }));
    }
  }

  /** Has `judge` see the changed files, and puts the base's back. */
  whileChanged<T>(judge: () => T): T {
    try {
      for (const [file, text] of this.#changed) this.#put(file, text);
      return judge();
    } finally {
      for (const file of this.#changed.keys()) this.#put(file, this.#base.get(file) ?? null);
    }
  }

  #put(file: string, text: string | null): void {
    const target = path.join(this.directory, file);
    rmSync(target, { recursive: true, force: true });
    if (text === null) return;
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
}

/** The base has nothing that the mutation could change. */
export class NotApplicable extends Error {}

function filesOf(directory: string): ReadonlyMap<string, string> {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)));
  return new Map(names.filter((name) => !/verdict\.json$|report\.md$/.test(name)).map((name) => [name, readFileSync(path.join(directory, name), "utf8")]));
}
