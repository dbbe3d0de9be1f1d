import { setTimeout as sleep } from "node:timers/promises";

export interface Served {
  /** Of the package that answered, by the answer's own header; null: it names none, or there is no answer. */
  readonly hash: string | null;
  /** Null: no answer. */
  readonly status: number | null;
  readonly text: string;
}

/** Enough that one in a hundred is a few. */
const clients = 1_000;
const concurrency = 8;
const pauseMs = 20;

/** Clients that ask the gateways in turn until `until` resolves: each request in its order of sending. */
export async function offerLoad(urls: readonly string[], until: Promise<unknown>): Promise<readonly Served[]> {
  const served: Served[] = [];
  let isOver = false;
  let next = 0;
  const worker = async () => {
    for (; !isOver; await sleep(pauseMs)) {
      const number = next++;
      served.push(await ask(urls[number % urls.length]!, number));
    }
  };
  const workers = Array.from({ length: concurrency }, worker);
  await until;
  isOver = true;
  await Promise.all(workers);
  return served;
}

/** As many requests as asked for, one after the other. */
export async function offerRequests(urls: readonly string[], count: number): Promise<readonly Served[]> {
  const served: Served[] = [];
  for (let number = 0; number < count; number++) served.push(await ask(urls[number % urls.length]!, number));
  return served;
}

async function ask(url: string, number: number): Promise<Served> {
  const key = number % 2 === 0 ? "vk-search" : "vk-support";
  const body = { model: "chat", user: `client-${number % clients}`, messages: [{ role: "user", content: `Question ${number}` }], max_tokens: 16 };
  try {
    const response = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers: { authorization: `Bearer ${key}`, "content-type": "application/json" }, body: JSON.stringify(body) });
    return { hash: response.headers.get("x-blastlab-package")?.split("@")[1] ?? null, status: response.status, text: await response.text() };
  } catch {
    return { hash: null, status: null, text: "" };
  }
}
