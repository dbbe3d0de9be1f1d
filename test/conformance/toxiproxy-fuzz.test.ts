import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Agent, request } from "undici";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isToxicType, toxicAttributes } from "../../simulators/network/toxics/settings.ts";
import { call } from "./control.ts";
import { echo, startUpstream, WireClient, type Upstream } from "./wires.ts";

const bodies = 10_000;
const seed = 20_261_122;

/** Numbers that have killed proxies, written as JSON. */
const number = fc.oneof(
  fc.constantFrom("0", "-0", "-1", "1", "2", "10", "65535", "1e308", "1e309", "-1e309", "1.5", "1e3", "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808"),
  fc.integer({ min: -100, max: 2_000 }).map(String),
  fc.integer().map(String),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => JSON.stringify(value)),
);
const wrong = fc.oneof(
  fc.constantFrom("null", "true", "false", '""', '"NaN"', '"Infinity"', '"5"', "[]", "{}", "[1]", '{"deep":{"deeper":[[[]]]}}', `${"[".repeat(200)}${"]".repeat(200)}`),
  fc.string().map((text) => JSON.stringify(text)),
  fc.jsonValue().map((value) => JSON.stringify(value)),
);
const value = fc.oneof({ weight: 5, arbitrary: number }, { weight: 1, arbitrary: wrong });
const names = [...new Set(Object.values(toxicAttributes).flat())];
const attributes = fc
  .dictionary(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: fc.string() }), value, { maxKeys: 4 })
  .map(objectText);
const type = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...Object.keys(toxicAttributes)).map((text) => JSON.stringify(text)) },
  { weight: 1, arbitrary: wrong },
);
const body = fc.oneof(
  {
    weight: 19,
    arbitrary: fc
      .record(
        {
          type,
          attributes: fc.oneof({ weight: 9, arbitrary: attributes }, { weight: 1, arbitrary: value }),
          stream: fc.oneof({ weight: 9, arbitrary: fc.constantFrom('"upstream"', '"downstream"', '"Upstream"') }, { weight: 1, arbitrary: wrong }),
          toxicity: fc.oneof({ weight: 4, arbitrary: fc.constant("1") }, { weight: 1, arbitrary: value }),
        },
        { requiredKeys: ["type"] },
      )
      .map(objectText),
  },
  { weight: 1, arbitrary: fc.oneof(wrong, fc.string()) },
);

function objectText(fields: Readonly<Record<string, string | undefined>>): string {
  return `{${Object.entries(fields).flatMap(([key, text]) => (text === undefined ? [] : [`${JSON.stringify(key)}:${text}`])).join(",")}}`;
}

let folder: string;
let child: ChildProcess;
let url: string;
let upstream: Upstream;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "blastlab-fuzz-"));
  const config = join(folder, "network.json");
  writeFileSync(config, JSON.stringify({ listen: { host: "127.0.0.1", port: 0 }, seed }));
  const main = join(import.meta.dirname, "../../simulators/network/main.ts");
  child = spawn(process.execPath, [main, "--config", config], { stdio: ["pipe", "pipe", "inherit"] });
  const line = await new Promise<string>((resolve) => void child.stdout!.once("data", (bytes: Buffer) => resolve(bytes.toString())));
  url = (JSON.parse(line) as { url: string }).url;
  upstream = await startUpstream(echo);
});

afterAll(async () => {
  await upstream.close();
  const ended = new Promise<number | null>((resolve) => void child.once("exit", resolve));
  child.stdin!.end();
  expect(await ended).toBe(0);
  rmSync(folder, { recursive: true });
});

async function openProxy(name: string): Promise<string> {
  const network = { kind: "embedded", url, close: async () => {} } as const;
  return ((await call(network, "POST", "/proxies", { name, listen: "127.0.0.1:0", upstream: upstream.address })) as { listen: string }).listen;
}

/** Traffic under the toxics: connects again whenever a toxic has ended it. */
async function suffer(address: string, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const client = await WireClient.connect(address).catch(() => null);
    if (client === null) return;
    for (let round = 0; round < 20 && client.end === "open" && !isOver(); round++) {
      client.send("x".repeat(2_000));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    client.destroy();
  }
}

/** Echoes through a proxy without toxics, and checks every byte; gives the number of exchanges. */
async function standBy(address: string, isOver: () => boolean): Promise<number> {
  const client = await WireClient.connect(address);
  let rounds = 0;
  let sent = "";
  while (!isOver()) {
    const text = `${rounds++};`;
    sent += text;
    await client.roundTripMs(text);
  }
  expect([client.end, client.received.toString() === sent]).toEqual(["open", true]);
  client.destroy();
  return rounds;
}

test(`control API: ${bodies} fuzzed toxic bodies (seed ${seed}) kill neither the embedded proxy nor a connection that they do not concern`, async () => {
  const samples = fc.sample(body, { numRuns: bodies, seed });
  const agent = new Agent({ connections: 4 });
  const statuses: Record<number, number> = {};
  const taken = new Set<string>();
  const lanes = 4;
  let over = false;
  const send = async (method: "POST" | "PATCH" | "DELETE", path: string, text?: string) => {
    const answer = await request(url + path, { method, dispatcher: agent, ...(text === undefined ? {} : { body: text }) });
    const received = await answer.body.text();
    statuses[answer.statusCode] = (statuses[answer.statusCode] ?? 0) + 1;
    return { status: answer.statusCode, text: received };
  };
  const fuzzLane = async (lane: number) => {
    for (let index = lane; index < samples.length; index += lanes) {
      const added = await send("POST", `/proxies/victim-${lane}/toxics`, samples[index]);
      if (added.status !== 200) continue;
      const made = JSON.parse(added.text) as { name: string; type: string };
      taken.add(made.type);
      const path = `/proxies/victim-${lane}/toxics/${encodeURIComponent(made.name)}`;
      if (index % 3 === 0) await send("PATCH", path, samples[(index * 7) % samples.length]);
      await send("DELETE", path);
    }
  };
  const victims = await Promise.all(Array.from({ length: lanes }, (_, lane) => openProxy(`victim-${lane}`)));
  const bystander = standBy(await openProxy("bystander"), () => over);
  const sufferers = victims.map((address) => suffer(address, () => over));
  await Promise.all(Array.from({ length: lanes }, (_, lane) => fuzzLane(lane)));
  over = true;
  const [rounds] = await Promise.all([bystander, ...sufferers]);
  await agent.close();
  expect(child.exitCode).toBeNull();
  expect(Object.keys(statuses).map(Number).filter((status) => ![200, 204, 400].includes(status))).toEqual([]);
  expect([...taken].every(isToxicType)).toBe(true);
  expect(taken.size).toBe(Object.keys(toxicAttributes).length);
  expect(statuses[200]).toBeGreaterThan(bodies / 4);
  expect(statuses[400]).toBeGreaterThan(bodies / 10);
  expect(rounds).toBeGreaterThan(100);
});
