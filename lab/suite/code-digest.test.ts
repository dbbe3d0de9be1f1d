import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadIncidents } from "../plan/incidents.ts";
import { openScenario } from "../plan/library.ts";
import { codeDigest } from "./code-digest.ts";

function scratch(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-digest-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("codeDigest: the same files give the same digest, and an edited scenario another", () => {
  const scenario = path.join(scratch(), "mine.yaml");
  const { text } = openScenario("smoke");
  const digestWith = (content: string) => {
    writeFileSync(scenario, content);
    return codeDigest([{ scenario, stack: "naive", seed: 1, sets: [] }]);
  };
  const first = digestWith(text);
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(digestWith(text)).toBe(first);
  expect(digestWith(`${text}# Edited.\n`)).not.toBe(first);
});

test("codeDigest: an edited incident, or an edited profile, that a scenario or a setting names gives another", () => {
  const folder = scratch();
  const scenario = path.join(folder, "mine.yaml");
  writeFileSync(scenario, openScenario("flagship").text);
  const write = (name: string, content: unknown) => writeFileSync(path.join(folder, name), JSON.stringify(content));
  const incident = loadIncidents()[0]!;
  const latency = { firstTokenMsP50: 321, firstTokenSigma: 0.25, tokensPerSecond: 77 };
  const profile = { schema: "blastlab.profile/1", upstream: "http://127.0.0.1:9", recordedAt: "2026-11-22T13:00:00.000Z", latency, errors: [], incident: null };
  write("outage.json", incident);
  write("profile.json", profile);
  const digest = () => codeDigest([{ scenario, stack: "naive", seed: 1, sets: ["faults.0.incident=outage.json", "deployments.0.latency=profile.json"] }]);
  const first = digest();
  write("outage.json", { ...incident, phases: [...incident.phases.slice(0, -1), { ...incident.phases.at(-1)!, lengthMin: 999 }] });
  const second = digest();
  write("profile.json", { ...profile, latency: { ...latency, tokensPerSecond: 78 } });
  expect(new Set([first, second, digest()]).size).toBe(3);
  write("profile.json", "not one");
  expect(digest).toThrow(expect.objectContaining({ code: "profile_invalid", exit: "refused" }));
});
