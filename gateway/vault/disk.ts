import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { LabError } from "../../kernel/errors.ts";
import { chainProblem, type AuditEntry } from "./core/audit.ts";
import type { VaultDisk } from "./core/vault.ts";
import { appendDurably, writeDurably } from "./durable-file.ts";

const stateSchema = z.strictObject({
  schema: z.literal("blastlab.vault/1"),
  region: z.string(),
  sealed: z.boolean(),
  check: z.string(),
  secrets: z.record(
    z.string(),
    z.array(z.strictObject({ version: z.int().min(1), createdAtMs: z.number(), validUntilMs: z.number().nullable(), revoked: z.boolean(), sealed: z.string().nullable() })),
  ),
});

const auditSchema = z.strictObject({
  sequence: z.int().min(1),
  atMs: z.number(),
  who: z.string(),
  action: z.string(),
  secret: z.string().exactOptional(),
  version: z.int().exactOptional(),
  result: z.string(),
  previous: z.string(),
  hash: z.string(),
});

export const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/**
 * A vault's folder: `vault.json`, written whole, and `audit.ndjson`, which only grows. Throws `LabError` for files that
 * are no vault's.
 */
export function vaultFolder(folder: string): VaultDisk {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stateFile = path.join(folder, "vault.json");
  const auditFile = path.join(folder, "audit.ndjson");
  return {
    readState: () => {
      if (!existsSync(stateFile)) return null;
      const parsed = stateSchema.safeParse(jsonOf(readFileSync(stateFile, "utf8")));
      if (!parsed.success) throw broken(`"${stateFile}" is not a vault's file`, "restore the folder from a copy");
      return parsed.data;
    },
    writeState: (state) => writeDurably(stateFile, JSON.stringify(state)),
    lastAudit: () => {
      const entries = existsSync(auditFile) ? readAudit(auditFile) : [];
      const problem = chainProblem(entries, sha256);
      if (problem !== null) throw broken(`The audit log "${auditFile}" is broken: ${problem}`, "find out who changed it; then move the file away, and the vault begins a new one");
      return entries.at(-1) ?? null;
    },
    appendAudit: (entry) => appendDurably(auditFile, JSON.stringify(entry)),
  };
}

function readAudit(file: string): readonly AuditEntry[] {
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line, index) => {
    const parsed = auditSchema.safeParse(jsonOf(line));
    if (!parsed.success) throw broken(`The audit log "${file}" is broken: line ${index + 1} is no entry`, "find out who changed it; then move the file away, and the vault begins a new one");
    return parsed.data;
  });
}

/** What V8 says about text that is not JSON quotes it. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function broken(message: string, hint: string): LabError {
  return new LabError({ exit: "failed", code: "vault_files_broken", message, hint });
}
