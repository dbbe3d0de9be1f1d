/**
 * One of the bench's clients, alone in its process. `small`: a request each 5 ms, however long the answers take. `big`:
 * prompts of 4 MB, encoded before the first of them, one after the other with a pause between. `{url, ms}` by IPC
 * starts a block; its result is the time of each answer, in ms.
 */
import { once } from "node:events";
import { Agent, request, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { bodies, type PromptKind } from "./prompts.ts";

const SMALL_GAP_MS = 5;
const BIG_GAP_MS = 100;

export interface Block {
  readonly url: string;
  readonly ms: number;
  /** The block ends after so many prompts as well. */
  readonly countMax?: number;
}

const agent = new Agent({ keepAlive: true });
const [role, kind] = process.argv.slice(2) as ["small" | "big", PromptKind];
const nextBody = bodies(kind);

async function ask(url: string): Promise<number> {
  const body = nextBody();
  const headers = { authorization: "Bearer vk", "content-type": "application/json", "content-length": body.length };
  const fromMs = performance.now();
  const outgoing = request(`${url}/v1/chat/completions`, { method: "POST", agent, headers });
  outgoing.end(body);
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  const received = await text(answer);
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${received.slice(0, 200)}`);
  return performance.now() - fromMs;
}

async function block({ url, ms, countMax = Infinity }: Block): Promise<readonly number[]> {
  const asked: Promise<number>[] = [];
  const fromMs = performance.now();
  for (let nextMs = fromMs; performance.now() < fromMs + ms && asked.length < countMax; ) {
    const asking = ask(url);
    asked.push(asking);
    if (role === "big") await asking;
    nextMs = role === "big" ? performance.now() + BIG_GAP_MS : nextMs + SMALL_GAP_MS;
    await sleep(Math.max(0, nextMs - performance.now()));
  }
  return Promise.all(asked);
}

process.on("message", (message) => {
  if (typeof message === "object" && message !== null && "url" in message) void block(message as Block).then((times) => process.send!(times));
});
process.stdin.on("end", () => process.exit(0)).resume();
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
