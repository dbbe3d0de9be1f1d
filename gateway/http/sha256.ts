import { createHash } from "node:crypto";
import type { Digest } from "../../kernel/seams.ts";

/** SHA-256 of a text as UTF-16: UTF-8 has one spelling for all halves of characters that stand alone. */
export function sha256(): Digest {
  const hash = createHash("sha256");
  return { update: (piece) => void hash.update(piece, "utf16le"), end: () => hash.digest("base64") };
}
