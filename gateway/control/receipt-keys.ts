import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { LabError } from "../../kernel/errors.ts";
import { writeDurably } from "../vault/durable-file.ts";
import type { ReceiptKeys } from "./core/receipt.ts";

/** Ed25519 from node:crypto. The region's own key is made at its first start and stays in its folder; `trusted` is the public key of the region that this one waits for. */
export function openReceiptKeys(folder: string, trusted: string | null): ReceiptKeys & { readonly publicKey: string } {
  const own = ownKey(path.join(folder, "signing-key.pem"));
  const theirs = trusted === null ? null : trustedKey(trusted);
  return {
    publicKey: createPublicKey(own).export({ type: "spki", format: "der" }).toString("base64"),
    sign: (text) => sign(null, Buffer.from(text), own).toString("base64"),
    verify: (text, signature) => theirs !== null && verify(null, Buffer.from(text), theirs, Buffer.from(signature, "base64")),
  };
}

function ownKey(file: string): KeyObject {
  if (!existsSync(file)) writeDurably(file, generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  return createPrivateKey(readFileSync(file));
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
