/**
 * What the gateway does with a prompt of 4 MB without serving others in between: `npm run bench:pieces [-- --runs 20]`.
 * Runs the stages one after the other in this process and times each piece of work. Of each piece the least time of all
 * runs counts, so that a busy machine changes little. Nothing is asserted.
 */
import { longCacheKeyOf } from "../../../gateway/core/cache/long-key.ts";
import { defaultCache } from "../../../gateway/core/cache/settings.ts";
import type { Call } from "../../../gateway/core/call.ts";
import { countTokensInPieces } from "../../../gateway/core/cost/tokens.ts";
import { inspectInSlices } from "../../../gateway/core/guards/injection.ts";
import { findPiiInSlices, Placeholders, placeholdersIn, type PiiMatch } from "../../../gateway/core/guards/pii.ts";
import { mapTexts, textsOf } from "../../../gateway/core/guards/request-texts.ts";
import { piiKinds } from "../../../gateway/core/guards/settings.ts";
import { type LongSource, outsideTextsOfSource, readLongSource } from "../../../gateway/core/guards/source-texts.ts";
import { type LongBody, readInPieces } from "../../../gateway/core/long-body.ts";
import type { Pause } from "../../../gateway/core/pause.ts";
import { jsonParts } from "../../../gateway/core/json-pieces.ts";
import { configOf } from "../../../gateway/core/testing/rig.ts";
import { anthropicUpstream } from "../../../gateway/dialects/anthropic-upstream.ts";
import { openaiClient } from "../../../gateway/dialects/openai-client.ts";
import { openaiCompatibleUpstream } from "../../../gateway/dialects/openai-upstream.ts";
import { sha256 } from "../../../gateway/http/sha256.ts";
import { bodies, type PromptKind } from "./prompts.ts";
import { scriptOptions } from "../../support/script-options.ts";

const usage = `Usage: npm run bench:pieces -- [options]

  --runs N   of each stage (20)

Prints a table.
`;

const { values } = scriptOptions(usage, { runs: { type: "string", default: "20" } });

const config = configOf();
/** Of each stage, the least time of each of its pieces so far, ms. */
type Pieces = Map<string, number[]>;

async function timed<T>(pieces: Pieces, stage: string, work: (pause: Pause) => T | Promise<T>): Promise<T> {
  const times: number[] = [];
  let fromMs = performance.now();
  const mark = () => void times.push(performance.now() - fromMs);
  const result = await work(async () => {
    mark();
    await new Promise((resolve) => setImmediate(resolve));
    fromMs = performance.now();
  });
  mark();
  const before = pieces.get(stage);
  pieces.set(stage, before === undefined ? times : before.map((least, index) => Math.min(least, times[index] ?? Infinity)));
  return result;
}

async function handle(body: Uint8Array, pieces: Pieces): Promise<void> {
  const long = await timed(pieces, "read the body", (pause) => readInPieces(body, pause));
  const chat = await timed(pieces, "decode the request", (pause) => openaiClient.decodeInPieces!(long as LongBody, {}, pause));
  await timed(pieces, "read the texts for guards", (pause) => readLongSource(chat.source as LongSource, pause));
  const texts = await timed(pieces, "list the texts for guards", () => textsOf(chat));
  const found = new Map<string, readonly PiiMatch[]>();
  await timed(pieces, "search for personal data", async (pause) => {
    for (const text of texts) {
      found.set(text, await findPiiInSlices(text, piiKinds, pause));
      await pause();
    }
  });
  const first = texts.reduce((longest, text) => (text.length > longest.length ? text : longest));
  const changed = new Map(found).set(first, [{ kind: "phone", start: 10, end: 20 }]);
  await timed(pieces, "replace personal data", async (pause) => {
    const placeholders = new Placeholders(await placeholdersIn(texts, pause));
    return mapTexts(chat, (text, isJson) => placeholders.scrub(text, changed.get(text) ?? [], isJson), pause);
  });
  const outside = await timed(pieces, "list what users wrote", () => outsideTextsOfSource(chat.source!));
  await timed(pieces, "search for injections", (pause) => inspectInSlices(outside, pause));
  await timed(pieces, "count tokens", (pause) => countTokensInPieces(chat, pause));
  const call = { chat, config, route: config.routes[0]!, team: "a", feature: "f", reports: {} } as unknown as Call;
  await timed(pieces, "cache key", (pause) => longCacheKeyOf(call, defaultCache, { newDigest: sha256, pause }));
  const { json } = anthropicUpstream.encodeRequest(chat, config.deployments[0]!, "key", {});
  await timed(pieces, "body in another format", (pause) => jsonParts(json!, pause));
  await timed(pieces, "body for the provider", () => openaiCompatibleUpstream.encodeRequest(chat, config.deployments[0]!, "key", {}));
}

async function main(): Promise<void> {
  for (const kind of ["prose", "agent", "steps"] satisfies PromptKind[]) {
    const pieces: Pieces = new Map();
    const body = new Uint8Array(bodies(kind)());
    for (let run = 0; run < Number(values.runs); run++) await handle(body, pieces);
    process.stdout.write(`\n| ${kind}, ${(body.length / 1e6).toFixed(1)} MB | pieces | in all, ms | the longest, ms |\n|---|---|---|---|\n`);
    for (const [stage, times] of pieces) {
      const total = times.reduce((sum, ms) => sum + ms, 0);
      const longest = times.reduce((most, ms) => Math.max(most, ms), 0);
      process.stdout.write(`| ${stage} | ${times.length} | ${total.toFixed(1)} | ${longest.toFixed(2)} |\n`);
    }
  }
}

await main();
