import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { onTestFinished } from "vitest";
import type { GatewayDialect } from "../../../kernel/chat.ts";
import { startGateway, type GatewayProcess } from "../../http/process.ts";
import { anthropicFixtures } from "../fixtures/anthropic.ts";
import { compatibleFixtures } from "../fixtures/compatible.ts";
import type { Fixture, Fixtures } from "../fixtures/fixture.ts";
import { geminiFixtures } from "../fixtures/gemini.ts";
import { openaiFixtures } from "../fixtures/openai.ts";
import { responsesFixtures } from "../fixtures/responses.ts";
import { type Answer, type Provider, sendEvents, sendJson, startProvider } from "./provider.ts";

export const dialects = ["openai", "openai_responses", "openai_compatible", "anthropic", "gemini"] as const satisfies readonly GatewayDialect[];

export const fixturesOf: Readonly<Record<GatewayDialect, Fixtures>> = {
  openai: openaiFixtures,
  openai_responses: responsesFixtures,
  openai_compatible: compatibleFixtures,
  anthropic: anthropicFixtures,
  gemini: geminiFixtures,
};

/** The fixture, as JSON or as a stream, as it is asked for. */
export function says(fixture: Fixture): Answer {
  return (response, { path: at, body }) => {
    const isStream = body["stream"] === true || at.includes("alt=sse");
    if (isStream) sendEvents(response, fixture.events);
    else sendJson(response, fixture.json);
  };
}

export interface Started {
  readonly url: string;
  readonly gateway: GatewayProcess;
  readonly providers: readonly Provider[];
  /** The gateway's log. */
  readonly lines: Record<string, unknown>[];
  readonly openai: OpenAI;
  readonly anthropic: Anthropic;
}

/**
 * The gateway's whole process in this one, on sockets, in front of a provider for each answer; route `chat` goes to
 * all, in order. `each`: of every deployment.
 */
export async function startGatewayTo(answers: readonly (readonly [dialect: GatewayDialect, answer: Answer])[], extra: object = {}, each: object = {}): Promise<Started> {
  const providers = await Promise.all(answers.map(([, answer]) => startProvider(answer)));
  const version = (dialect: GatewayDialect) => (dialect === "gemini" ? "v1beta" : "v1");
  const deployments = answers.map(([dialect], index) => ({ name: `d${index}`, dialect, model: "m-1", baseUrl: `${providers[index]!.origin}/${version(dialect)}`, credential: "env:KEY", ...each }));
  const config = { keys: [{ key: "vk-1", team: "search", feature: "answers" }], deployments, routes: [{ name: "chat", deployments: deployments.map(({ name }) => name) }], drainMs: 0, admin: { open: true }, ...extra };
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-"));
  const configFile = path.join(folder, "gateway.json");
  writeFileSync(configFile, JSON.stringify(config));
  const lines: Record<string, unknown>[] = [];
  const gateway = await startGateway({ configFile, environment: { KEY: "sk-secret" }, writeLine: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) });
  onTestFinished(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true });
  });
  const { url } = gateway;
  return {
    url,
    gateway,
    providers,
    lines,
    openai: new OpenAI({ apiKey: "vk-1", baseURL: `${url}/v1`, maxRetries: 0 }),
    anthropic: new Anthropic({ apiKey: "vk-1", baseURL: url, maxRetries: 0 }),
  };
}
