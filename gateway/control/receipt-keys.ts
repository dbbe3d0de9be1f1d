import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { LabError } from "../../kernel/errors.ts";
import { writeDurably } from "../vault/durable-file.ts";
import type { ReceiptKeys } from "./core/receipt.ts";

/**
 * Ed25519 from node:crypto. The region's own key is made at its first start and stays in its folder, encrypted by
 * `folderKey`; `trusted` is the public key of the region that this one waits for. Throws `LabError`
 * `signing_key_unreadable`, `config_invalid`.
 */
export function openReceiptKeys(folder: string, folderKey: string, trusted: string | null): ReceiptKeys & { readonly publicKey: string } {
  const own = ownKey(path.join(folder, "signing-key.pem"), folderKey);
  const theirs = trusted === null ? null : trustedKey(trusted);
  return {
    publicKey: createPublicKey(own).export({ type: "spki", format: "der" }).toString("base64"),
    sign: (text) => sign(null, Buffer.from(text), own).toString("base64"),
    verify: (text, signature) => theirs !== null && verify(null, Buffer.from(text), theirs, Buffer.from(signature, "base64")),
  };
}

function ownKey(file: string, passphrase: string): KeyObject {
  const kept = existsSync(file) ? readFileSync(file, "utf8") : null;
  const key = kept === null ? generateKeyPairSync("ed25519").privateKey : readKept(file, kept, passphrase);
  // A new one, or one that somebody put there in clear.
  if (kept?.includes("ENCRYPTED") !== true) writeDurably(file, key.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase }).toString());
  return key;
}

function readKept(file: string, kept: string, passphrase: string): KeyObject {
  try {
    return createPrivateKey({ key: kept, passphrase });
  } catch (error) {
    throw new LabError({ exit: "refused", code: "signing_key_unreadable", message: `Cannot read the signing key "${file}": folderKey does not open it, or it is damaged`, hint: "give the folderKey with which it was made; with a new signing key, regions that name this one in receiptFrom need its new publicKey", cause: error });
  }
}

function trustedKey(text: string): KeyObject {
  try {
    const key = createPublicKey({ key: Buffer.from(text, "base64"), type: "spki", format: "der" });
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    // Told below, as is a key of another kind.
  }
  throw new LabError({ exit: "refused", code: "config_invalid", message: "receiptFrom.publicKey is not an Ed25519 public key", hint: "copy publicKey from the other region's status" });
}
