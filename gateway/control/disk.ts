import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, truncateSync } from "node:fs";
import path from "node:path";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { packageSchema } from "../config/package.ts";
import { appendDurably, writeDurably } from "../vault/durable-file.ts";
import { replay, type JournalLine, type Replayed } from "./core/journal.ts";
import type { ControlDisk } from "./region.ts";

export const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/**
 * A control plane's folder: `journal.ndjson`, `packages/HASH.json`, and `evals/HASH.json`, the eval gate's last
 * records. Throws `LabError` for a journal that was changed, has a hole, or is another region's.
 */
export function openDisk(folder: string, region: string): ControlDisk {
  for (const name of ["packages", "evals"]) mkdirSync(path.join(folder, name), { recursive: true, mode: 0o700 });
  const journal = path.join(folder, "journal.ndjson");
  const replayed = recovered(journal, region);
  const fileOf = (hash: string) => path.join(folder, "packages", `${hash}.json`);
  return {
    replayed,
    append: (line) => appendWhole(journal, line),
    keep: (kept) => writeDurably(fileOf(kept.hash), JSON.stringify(kept)),
    keepRecords: (hash, records) => writeDurably(path.join(folder, "evals", `${hash}.json`), JSON.stringify(records)),
    read: (hash) => packageSchema.parse(JSON.parse(readFileSync(fileOf(hash), "utf8"))),
  };
}

/** A line that was written in part, as on a full disk, is taken back: the next one would be glued to it. */
function appendWhole(journal: string, line: JournalLine): void {
  const before = statSync(journal, { throwIfNoEntry: false })?.size ?? 0;
  try {
    appendDurably(journal, JSON.stringify(line));
  } catch (error) {
    if (existsSync(journal)) truncateSync(journal, before);
    throw error;
  }
}

function recovered(journal: string, region: string): Replayed {
  const text = existsSync(journal) ? readFileSync(journal, "utf8") : "";
  try {
    const replayed = replay(text, { region, digest: sha256 });
    if (replayed.torn) truncateSync(journal, Buffer.byteLength(text.slice(0, text.lastIndexOf("\n") + 1)));
    return replayed;
  } catch (error) {
    throw new LabError({
      exit: "failed",
      code: "journal_broken",
      message: `Cannot use the journal "${journal}": ${messageOf(error)}`,
      hint: "find out who changed it, and restore the folder from a copy; data planes run on with what they have",
    });
  }
}
