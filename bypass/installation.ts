import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from "node:crypto";
import { appendFileSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { chainProblem, nextEntry, windowsOf, type AuditEntry, type AuditRecord, type Window } from "./core/audit.ts";
import { mapOf, type BypassMap } from "./core/map.ts";
import { claimsOf, partsOf, type TokenClaims } from "./core/token.ts";
import { lastLine, withLock } from "./log-file.ts";

/** What a person is meant to read: a code, what happened, what to do. */
export class BypassError extends Error {
  override readonly name = "BypassError";
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

export const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** A folder of this machine: its key, the operators' keys, the map, the audit log, the token of each open window. */
export class Installation {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = path.resolve(folder);
  }

  /** Makes the keys; never replaces one. The map stays for a person to write. */
  static create(folder: string, operator: string): Installation {
    const made = new Installation(folder);
    mkdirSync(made.folder, { recursive: true, mode: 0o700 });
    if (!existsSync(made.#at("installation.key"))) writeFileSync(made.#at("installation.key"), `${randomBytes(32).toString("hex")}\n`, { mode: 0o600, flag: "wx" });
    if (existsSync(made.#at(`${nameOf(operator)}.key`))) throw new BypassError("operator_exists", `There is an operator "${operator}" already`, "use another name, or remove both files of this one");
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    writeFileSync(made.#at(`${operator}.key`), privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600, flag: "wx" });
    writeFileSync(made.#at(`${operator}.pub`), publicKey.export({ type: "spki", format: "pem" }), { mode: 0o644, flag: "wx" });
    return made;
  }

  /** Of this installation on this machine: a copy of the folder on another host has another one. */
  get fingerprint(): string {
    return sha256(`${this.#read("installation.key").trim()} ${machineId()} ${hostname()}`);
  }

  map(): BypassMap {
    let value: unknown;
    try {
      value = JSON.parse(this.#read("break-glass.json"));
    } catch (error) {
      if (error instanceof BypassError) throw error;
      throw new BypassError("map_invalid", `"${this.#at("break-glass.json")}" is not JSON`, "docs/break-glass.md shows one");
    }
    const read = mapOf(value);
    if ("map" in read) return read.map;
    throw new BypassError("map_invalid", read.problems.map((problem) => `${this.#at("break-glass.json")} ${problem}`).join("\n"), "docs/break-glass.md shows one");
  }

  issue(claims: TokenClaims): string {
    const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
    const key = createPrivateKey(this.#read(`${nameOf(claims.operator)}.key`));
    return `${payload}.${sign(null, Buffer.from(payload), key).toString("base64url")}`;
  }

  /** The claims of a token that an operator of this installation signed. Throws `BypassError` for any other. */
  verified(token: string): TokenClaims {
    const parts = partsOf(token);
    const claims = parts === null ? null : claimsOf(Buffer.from(parts.payload, "base64url").toString());
    if (parts === null || claims === null) throw denied("The token cannot be read");
    const file = `${nameOf(claims.operator)}.pub`;
    if (!existsSync(this.#at(file))) throw denied("The token's operator is unknown here");
    const key = createPublicKey(this.#read(file));
    if (!verify(null, Buffer.from(parts.payload), key, Buffer.from(parts.signature, "base64url"))) throw denied("The token's signature is wrong: it was altered, or another key made it");
    return claims;
  }

  audit(): readonly AuditEntry[] {
    if (!existsSync(this.#at("audit.ndjson"))) return [];
    const lines = this.#read("audit.ndjson").split("\n").slice(0, -1);
    let entries: AuditEntry[];
    try {
      entries = lines.map((line) => JSON.parse(line) as AuditEntry);
    } catch {
      throw brokenAudit(this.#at("audit.ndjson"), "a line is not JSON");
    }
    const problem = chainProblem(entries, sha256);
    if (problem !== null) throw brokenAudit(this.#at("audit.ndjson"), problem);
    return entries;
  }

  windows(nowMs: number): readonly Window[] {
    return windowsOf(this.audit(), nowMs);
  }

  /** Adds to the log, whoever else does: the shims of other teams, and commands. */
  append(record: AuditRecord): AuditEntry {
    const file = this.#at("audit.ndjson");
    return withLock(`${file}.lock`, () => {
      const line = lastLine(file);
      const entry = nextEntry(record, line === null ? null : (JSON.parse(line) as AuditEntry), sha256);
      appendFileSync(file, `${JSON.stringify(entry)}\n`, { mode: 0o600, flush: true });
      return entry;
    });
  }

  /** Sets, or with null removes, a team's base URL in the file that clients read. Other teams stay. */
  setTarget(team: string, url: string | null): void {
    const { targetFile } = this.map();
    const file = path.resolve(this.folder, targetFile);
    withLock(`${file}.lock`, () => this.#writeTarget(file, team, url));
  }

  #writeTarget(file: string, team: string, url: string | null): void {
    const { [team]: _, ...others } = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { teams: Record<string, string> }).teams : {};
    const temporary = `${file}.${process.pid}.tmp`;
    writeFileSync(temporary, `${JSON.stringify({ teams: { ...others, ...(url !== null && { [team]: url }) } })}\n`);
    const descriptor = openSync(temporary, "r");
    fsyncSync(descriptor);
    closeSync(descriptor);
    renameSync(temporary, file);
  }

  /** Where the shim of a team says that it runs; null: none does. */
  shimOf(team: string): { readonly pid: number; readonly url: string; readonly control: string } | null {
    const file = this.#at(`${nameOf(team)}.shim.json`);
    if (!existsSync(file)) return null;
    return JSON.parse(readFileSync(file, "utf8")) as { pid: number; url: string; control: string };
  }

  shimFile(team: string): string {
    return this.#at(`${nameOf(team)}.shim.json`);
  }

  #at(name: string): string {
    return path.join(this.folder, name);
  }

  #read(name: string): string {
    try {
      return readFileSync(this.#at(name), "utf8");
    } catch (error) {
      throw new BypassError("installation_incomplete", `Cannot read "${this.#at(name)}": ${(error as NodeJS.ErrnoException).code ?? "unreadable"}`, "make an installation with `npx blastlab break-glass init`, and write its break-glass.json (docs/break-glass.md)");
    }
  }
}

function nameOf(text: string): string {
  if (/^[A-Za-z0-9][\w.-]{0,63}$/.test(text)) return text;
  throw new BypassError("name_invalid", "A name of a team or an operator has letters, digits, _ . and -, at most 64", "choose another name");
}

function machineId(): string {
  try {
    return readFileSync("/etc/machine-id", "utf8").trim();
  } catch {
    return "";
  }
}

const denied = (message: string) => new BypassError("token_refused", message, "open a window on this machine with `npx blastlab break-glass on`");
const brokenAudit = (file: string, problem: string) => new BypassError("audit_broken", `The audit log "${file}" is broken: ${problem}`, "find out who changed it, and keep the file; then move it away");
