import { expect, test } from "vitest";
import { Cancelled, Canceller, neverSignal } from "../../kernel/signal.ts";
import { readCredential } from "./read-credential.ts";

const deployment = { name: "primary", credential: "env:KEY" };

test("readCredential: the value of its reference; one that cannot be read is a failure that names the deployment", async () => {
  expect(await readCredential({ read: (reference) => Promise.resolve(`value of ${reference}`) }, deployment, neverSignal)).toBe("value of env:KEY");
  const unread = readCredential({ read: () => Promise.reject(new Error("it is not set")) }, deployment, neverSignal);
  await expect(unread).rejects.toMatchObject({ failure: "auth", message: 'Cannot read the credential of "primary": it is not set' });
});

test("readCredential: a store of secrets that hangs is left when the client leaves", async () => {
  const client = new Canceller();
  const reading = readCredential({ read: () => new Promise(() => {}) }, deployment, client.signal);
  client.cancel("gone");
  await expect(reading).rejects.toBeInstanceOf(Cancelled);
  expect(client.listenerCount).toBe(0);
});
