export interface DrillOptions {
  readonly routes: readonly string[];
  /** One of the team's client keys. */
  readonly clientKey: string;
  /** The gateway's URL, to see whether it is dead; null: it is not asked. */
  readonly gateway: string | null;
  readonly open: () => Promise<{ readonly url: string }>;
  readonly close: () => Promise<unknown>;
}

/** What a drill saw, as the audit log keeps it. */
export interface DrillResult {
  readonly passed: boolean;
  /** From the command to the first answer, ms; null: there was none. */
  readonly restoredMs: number | null;
  readonly routesAsked: number;
  readonly routesAnswered: number;
  /** Nothing answers at the shim's address after the end. */
  readonly closed: boolean;
  /** Null: it was not asked. */
  readonly gatewayAnswered: boolean | null;
}

const answerMs = 30_000;

/** Opens a window, asks each route once, and ends the window, whatever came of it. */
export async function runDrill({ routes, clientKey, gateway, open, close }: DrillOptions): Promise<DrillResult> {
  const gatewayAnswered = gateway === null ? null : await answers(`${gateway}/health/live`);
  const startedMs = performance.now();
  const { url } = await open();
  let restoredMs: number | null = null;
  let routesAnswered = 0;
  try {
    for (const route of routes) {
      if (!(await isAnswered(url, route, clientKey))) continue;
      restoredMs ??= Math.round(performance.now() - startedMs);
      routesAnswered++;
    }
  } finally {
    await close();
  }
  const closed = !(await answers(url));
  return { passed: closed && routesAnswered === routes.length, restoredMs, routesAsked: routes.length, routesAnswered, closed, gatewayAnswered };
}

async function isAnswered(url: string, route: string, clientKey: string): Promise<boolean> {
  const body = { model: route, max_tokens: 16, messages: [{ role: "user", content: "This is a drill of the bypass. Answer with one word." }] };
  const request = { method: "POST", headers: { authorization: `Bearer ${clientKey}`, "content-type": "application/json" }, body: JSON.stringify(body), signal: AbortSignal.timeout(answerMs) };
  return fetch(`${url}/v1/chat/completions`, { ...request, redirect: "manual" }).then(
    async (answer) => (await answer.text()) !== "" && answer.ok,
    () => false,
  );
}

function answers(url: string): Promise<boolean> {
  return fetch(url, { redirect: "manual", signal: AbortSignal.timeout(2_000) }).then(
    () => true,
    () => false,
  );
}
