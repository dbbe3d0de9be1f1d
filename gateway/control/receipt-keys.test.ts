import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openReceiptKeys } from "./receipt-keys.ts";

function emptyFolder(): { readonly folder: string; readonly file: string } {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-receipts-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return { folder, file: path.join(folder, "signing-key.pem") };
}

test("openReceiptKeys: the key is kept encrypted, and is the same after a restart", () => {
  const { folder, file } = emptyFolder();
  const first = openReceiptKeys(folder, "folder-key", null);
  expect(readFileSync(file, "utf8")).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY/);
  const other = openReceiptKeys(emptyFolder().folder, "folder-key", first.publicKey);
  expect(openReceiptKeys(folder, "folder-key", null).publicKey).toBe(first.publicKey);
  expect(other.verify("receipt", first.sign("receipt"))).toBe(true);
  expect(other.verify("another", first.sign("receipt"))).toBe(false);
});

test("openReceiptKeys: without the key of the folder it does not open, and stays as it is", () => {
  const { folder, file } = emptyFolder();
  openReceiptKeys(folder, "folder-key", null);
  const kept = readFileSync(file, "utf8");
  expect(() => openReceiptKeys(folder, "another", null)).toThrow(expect.objectContaining({ exit: "refused", code: "signing_key_unreadable", message: expect.stringContaining(file) as string }) as Error);
  expect(readFileSync(file, "utf8")).toBe(kept);
});

test("openReceiptKeys: a key in clear is encrypted where it lies", () => {
  const { folder, file } = emptyFolder();
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  writeFileSync(file, privateKey.export({ type: "pkcs8", format: "pem" }));
  expect(openReceiptKeys(folder, "folder-key", null).publicKey).toBe(publicKey.export({ type: "spki", format: "der" }).toString("base64"));
  expect(readFileSync(file, "utf8")).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY/);
});
