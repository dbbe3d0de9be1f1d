/** One request of the drill's client. */
export interface DrillAnswer {
  readonly route: string;
  /** By the process's clock (`performance.now`), ms. */
  readonly sentMs: number;
  readonly endMs: number;
  readonly good: boolean;
  /** It came past the gateways. */
  readonly past: boolean;
}

export interface DrillClientOptions {
  readonly routes: readonly string[];
  readonly clientKey: string;
  /** The gateways that the client knows. Read for each request. */
  readonly gateways: () => readonly string[];
  /** Where the team goes now; undefined: to the gateways. Read for each request. */
  readonly target: () => string | undefined;
}

/** A provider may bill each. */
const everyMs = 250;
const answerMs = 30_000;

/** A client of the drilled team: asks the routes in turn, four times a second, whatever becomes of the answers. */
export class DrillClient implements AsyncDisposable {
  readonly answers: DrillAnswer[] = [];
  readonly #options: DrillClientOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #open = new Set<Promise<void>>();
  #count = 0;

  constructor(options: DrillClientOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#ask(), everyMs);
  }

  #ask(): void {
    const asked = this.#answer(this.#count++).then((answer) => void this.answers.push(answer));
    this.#open.add(asked);
    void asked.then(() => this.#open.delete(asked));
  }

  async #answer(index: number): Promise<DrillAnswer> {
    const { routes, gateways, target, clientKey } = this.#options;
    const route = routes[index % routes.length]!;
    const sentMs = performance.now();
    const direct = target();
    const known = gateways();
    const urls = direct === undefined ? [...known.slice(index % known.length), ...known.slice(0, index % known.length)] : [direct];
    let good = false;
    for (const url of urls) {
      const status = await post(url, route, clientKey);
      good = status !== null && status >= 200 && status < 300;
      if (status !== null) break;
    }
    return { route, sentMs, endMs: performance.now(), good, past: direct !== undefined };
  }

  /** Stops asking; resolves when the last answer is in. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
  }
}

/** The status of an answer that came whole; null: none did. */
async function post(url: string, route: string, clientKey: string): Promise<number | null> {
  const body = { model: route, max_tokens: 16, messages: [{ role: "user", content: "This is a drill of the bypass. Answer with one word." }] };
  const request = { method: "POST", headers: { authorization: `Bearer ${clientKey}`, "content-type": "application/json" }, body: JSON.stringify(body), signal: AbortSignal.timeout(answerMs) };
  return fetch(`${url}/v1/chat/completions`, { ...request, redirect: "manual" }).then(
    async (answer) => ((await answer.text()) === "" ? 502 : answer.status),
    () => null,
  );
}
