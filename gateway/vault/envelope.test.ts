import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decrypt, encrypt, EnvelopeKey, parseKey } from "./envelope.ts";

test("EnvelopeKey: opens what it sealed, with a new data key each time", () => {
  const text = randomBytes(32).toString("base64");
  const key = new EnvelopeKey(() => text);
  key.load();
  fc.assert(
    fc.property(fc.string(), fc.string(), (plain, context) => {
      const [one, two] = [key.seal(plain, context), key.seal(plain, context)];
      expect(one).not.toBe(two);
      expect([key.open(one, context), key.open(two, context)]).toEqual([plain, plain]);
    }),
  );
});

test("EnvelopeKey: refuses another context, another key, a changed bit, and parts of two secrets put together", () => {
  const texts = [randomBytes(32).toString("hex"), randomBytes(32).toString("hex")];
  const [key, other] = texts.map((text) => new EnvelopeKey(() => text)) as [EnvelopeKey, EnvelopeKey];
  key.load();
  other.load();
  const sealed = key.seal("value", "a");
  const refusal = "It was sealed with another key or for another place, or it was changed";
  expect(() => key.open(sealed, "b")).toThrow(refusal);
  expect(() => other.open(sealed, "a")).toThrow(refusal);
  expect(() => key.open(`${sealed.split(".")[0]}.${key.seal("value", "a").split(".")[1]}`, "a")).toThrow(refusal);
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 0, max: 7 }), (pick, bit) => {
      const parts = sealed.split(".").map((part) => Buffer.from(part, "base64"));
      const part = parts[pick % 2]!;
      part[(pick >>> 1) % part.length]! ^= 1 << bit;
      expect(() => key.open(parts.map((bytes) => bytes.toString("base64")).join("."), "a")).toThrow(refusal);
    }),
  );
});

test("EnvelopeKey: a key that was forgotten neither seals nor opens, and is read again by load", () => {
  let text = randomBytes(32).toString("hex");
  const key = new EnvelopeKey(() => text);
  key.load();
  const sealed = key.seal("value", "a");
  key.forget();
  expect(key.isLoaded).toBe(false);
  expect(() => key.open(sealed, "a")).toThrow("The key is not loaded");
  key.load();
  expect(key.open(sealed, "a")).toBe("value");
  text = "short";
  expect(() => key.load()).toThrow("Expected a key of 32 bytes");
});

test("parseKey: 32 bytes in hex or base64; the refusal quotes nothing", () => {
  const bytes = randomBytes(32);
  for (const text of [bytes.toString("hex"), bytes.toString("base64"), `${bytes.toString("base64url")}\n`]) expect(parseKey(text).equals(bytes)).toBe(true);
  for (const text of ["", "sk-secret", bytes.toString("hex").slice(1), bytes.subarray(1).toString("base64")]) expect(() => parseKey(text)).toThrow(/^Expected a key of 32 bytes, as 64 hex digits or in base64$/);
});

test("encrypt: decrypt refuses what is too short to be sealed", () => {
  const key = randomBytes(32);
  expect(decrypt(key, encrypt(key, Buffer.from(""), "c"), "c").length).toBe(0);
  expect(() => decrypt(key, "AAAA", "c")).toThrow("too short");
});
