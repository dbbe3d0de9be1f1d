import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import { MemoryVaultDisk, plainKey, sha256 } from "../testing.ts";
import { chainProblem } from "./audit.ts";
import { defaultTerms } from "./lease.ts";
import { Vault, VaultRefusal } from "./vault.ts";

function world({ region = "a", key = plainKey(), disk = new MemoryVaultDisk(), clock = new VirtualClock() } = {}) {
  let ids = 0;
  const open = () => new Vault({ region, terms: defaultTerms }, { clock, master: key, disk, digest: sha256, randomId: () => `lease-${++ids}` });
  return { key, disk, clock, open, vault: open() };
}

async function pass(clock: VirtualClock, ms: number): Promise<void> {
  clock.at(clock.nowMs() + ms, () => {});
  await clock.run();
}

const codeOf = (run: () => unknown): string => {
  try {
    run();
    return "none";
  } catch (error) {
    return error instanceof VaultRefusal ? error.code : `${String(error)}`;
  }
};

test("Vault: leases the present version, with the terms and an id of its own each time", () => {
  const { vault } = world();
  expect(vault.put({ name: "KEY", value: "one", who: "operator:x" })).toBe(1);
  expect(vault.lease("KEY", "plane:p")).toEqual({ id: "lease-1", name: "KEY", version: 1, value: "one", leaseMs: 3_600_000, graceMs: 86_400_000 });
  expect(vault.lease("KEY", "plane:p").id).toBe("lease-2");
  expect(codeOf(() => vault.lease("OTHER", "plane:p"))).toBe("secret_unknown");
  expect(codeOf(() => vault.lease("constructor", "plane:p"))).toBe("secret_unknown");
  expect(codeOf(() => vault.put({ name: "KEY", value: "x", who: "operator:x" }))).toBe("secret_exists");
  expect(codeOf(() => vault.rotate({ name: "NEW", value: "x", overlapMs: 0, who: "operator:x" }))).toBe("secret_unknown");
  expect(codeOf(() => vault.put({ name: "../x", value: "x", who: "operator:x" }))).toBe("name_invalid");
});

test("Vault: sealed it leases and keeps nothing, stays sealed over a restart, still revokes, and opens with its own key alone", () => {
  const { vault, open, key } = world();
  vault.put({ name: "KEY", value: "one", who: "operator:x" });
  vault.seal("operator:x");
  expect(codeOf(() => vault.lease("KEY", "plane:p"))).toBe("vault_sealed");
  expect(codeOf(() => vault.put({ name: "B", value: "x", who: "operator:x" }))).toBe("vault_sealed");
  const again = open();
  expect(again.isSealed).toBe(true);
  key.key = "other";
  expect(codeOf(() => again.unseal("operator:x"))).toBe("master_key_unusable");
  expect(again.isSealed).toBe(true);
  key.key = "k";
  again.unseal("operator:x");
  expect(again.lease("KEY", "plane:p").value).toBe("one");
  again.seal("operator:x");
  again.revoke({ name: "KEY", version: null, who: "operator:x" });
  expect(again.standing([{ name: "KEY", version: 1 }])).toEqual(["revoked"]);
  again.unseal("operator:x");
  expect(codeOf(() => again.lease("KEY", "plane:p"))).toBe("secret_revoked");
});

test("Vault: a start without its key is a sealed vault that says why", () => {
  const key = plainKey("");
  const { vault } = world({ key });
  expect(vault.status()).toMatchObject({ sealed: true, reason: "Cannot read the key: it is not set" });
  key.key = "k";
  vault.unseal("operator:x");
  expect(vault.status()).toMatchObject({ sealed: false, reason: null });
});

test("Vault: rotate keeps the version before for the overlap, and then destroys it", async () => {
  const { vault, clock, disk } = world();
  vault.put({ name: "KEY", value: "first-value", who: "operator:x" });
  expect(vault.rotate({ name: "KEY", value: "second-value", overlapMs: 60_000, who: "operator:x" })).toBe(2);
  const both = [1, 2].map((version) => ({ name: "KEY", version }));
  expect(vault.standing(both)).toEqual(["outdated", "current"]);
  await pass(clock, 60_000);
  expect(vault.standing(both)).toEqual(["revoked", "current"]);
  vault.rotate({ name: "KEY", value: "third-value", overlapMs: 0, who: "operator:x" });
  expect(JSON.stringify(disk.state)).not.toContain("first-value");
  expect(vault.lease("KEY", "plane:p")).toMatchObject({ version: 3, value: "third-value" });
});

test("Vault: revoking one version of two leaves the other; revoking the present one ends the secret until it is rotated", () => {
  const { vault, disk } = world();
  vault.put({ name: "KEY", value: "leaked-value", who: "operator:x" });
  vault.rotate({ name: "KEY", value: "two", overlapMs: 60_000, who: "operator:x" });
  vault.revoke({ name: "KEY", version: 1, who: "operator:x" });
  expect(JSON.stringify(disk.state)).not.toContain("leaked-value");
  expect(vault.standing([1, 2].map((version) => ({ name: "KEY", version })))).toEqual(["revoked", "current"]);
  expect(vault.lease("KEY", "plane:p").value).toBe("two");
  vault.revoke({ name: "KEY", version: 2, who: "operator:x" });
  expect(codeOf(() => vault.lease("KEY", "plane:p"))).toBe("secret_revoked");
  vault.rotate({ name: "KEY", value: "three", overlapMs: 0, who: "operator:x" });
  expect(vault.lease("KEY", "plane:p").value).toBe("three");
  expect(codeOf(() => vault.revoke({ name: "KEY", version: 9, who: "operator:x" }))).toBe("version_unknown");
});

test("Vault: a region's files open for no other region", () => {
  const { disk } = world();
  expect(codeOf(() => world({ region: "b", disk }))).toBe("other_region");
});

test("Vault: what is sealed for one secret does not open as another, nor as another version", () => {
  const { vault, disk, open } = world();
  vault.put({ name: "A", value: "of-a", who: "operator:x" });
  vault.put({ name: "B", value: "of-b", who: "operator:x" });
  disk.state = { ...disk.state!, secrets: { ...disk.state!.secrets, B: disk.state!.secrets["A"]! } };
  expect(codeOf(() => open().lease("B", "plane:p"))).toContain("another key");
});

test("Vault: every access is in the chain, refused ones too; neither a value nor a name that is none", () => {
  const { vault, disk } = world();
  vault.put({ name: "KEY", value: "the-value", who: "operator:x" });
  vault.lease("KEY", "plane:p");
  codeOf(() => vault.lease("sk-a-value-in-the-place-of-a-name", "plane:p"));
  vault.seal("operator:y");
  codeOf(() => vault.lease("KEY", "plane:p"));
  vault.unseal("operator:y");
  vault.rotate({ name: "KEY", value: "new", overlapMs: 0, who: "operator:y" });
  vault.revoke({ name: "KEY", version: null, who: "operator:y" });
  expect(disk.audit.map(({ who, action, secret = "", result }) => [who, action, secret, result].join(" "))).toEqual([
    "operator:x put KEY ok",
    "plane:p lease KEY ok",
    "plane:p lease unknown (33 characters) secret_unknown",
    "operator:y seal  ok",
    "plane:p lease KEY vault_sealed",
    "operator:y unseal  ok",
    "operator:y rotate KEY ok",
    "operator:y revoke KEY ok",
  ]);
  expect(chainProblem(disk.audit, sha256)).toBeNull();
  expect(JSON.stringify(disk.audit)).not.toMatch(/the-value|sk-a/);
});

test("Vault: an access that cannot be recorded yields no value", () => {
  const { vault, disk } = world();
  vault.put({ name: "KEY", value: "one", who: "operator:x" });
  disk.isFull = true;
  expect(codeOf(() => vault.lease("KEY", "plane:p"))).toBe("audit_failed");
});
