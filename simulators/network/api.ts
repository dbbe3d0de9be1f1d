import { foreignRequest } from "../../kernel/foreign-request.ts";
import { asApiError } from "./api-error.ts";
import { parseBody } from "./body.ts";
import type { Proxies } from "./proxies.ts";
import { jsonError, jsonProxy, jsonString, jsonToxic, jsonToxics } from "./api-json.ts";

export interface ApiRequest {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly userAgent: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly contentType: string | undefined;
  readonly body: string;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether a route handled the request: only then does the response have a request id. */
  readonly routed: boolean;
}

/** The version that `GET /version` returns. */
export const networkVersion = "2.12.0-blastlab";

type Call = (proxies: Proxies, parts: { readonly proxy: string; readonly toxic: string; readonly body: string }) => Promise<ApiResponse> | ApiResponse;

interface Route {
  readonly path: RegExp;
  readonly calls: Readonly<Record<string, Call>>;
}

/** Toxiproxy 2.12's control API: its routes, statuses, bodies and content types. Never rejects. */
export async function answer(proxies: Proxies, request: ApiRequest): Promise<ApiResponse> {
  const route = routes.find(({ path }) => path.test(request.path));
  if (route === undefined) return { ...plain(404, "404 page not found\n"), routed: false };
  const call = route.calls[request.method];
  if (call === undefined) return { status: 405, headers: {}, body: "", routed: false };
  if (request.userAgent.startsWith("Mozilla/")) return plain(403, "User agent not allowed\n");
  const refusal = foreignRequest({ ...request, hasBody: request.body !== "" }, { typeless: true });
  if (refusal !== null) return plain(refusal.status, `${refusal.message}\n`);
  const { proxy = "", toxic = "" } = route.path.exec(request.path)?.groups ?? {};
  try {
    return await call(proxies, { proxy, toxic, body: request.body });
  } catch (error) {
    const { status, message } = asApiError(error);
    return plain(status, `${jsonError(status, message)}\n`);
  }
}

const updateProxy: Call = async (proxies, { proxy, body }) => {
  proxies.get(proxy);
  return json(200, jsonProxy((await proxies.update(proxy, parseBody(body))).show()));
};

const updateToxic: Call = (proxies, { proxy, toxic, body }) => {
  const owner = proxies.get(proxy);
  owner.toxic(toxic);
  return json(200, jsonToxic(owner.updateToxic(toxic, parseBody(body))));
};

const routes: readonly Route[] = [
  {
    path: /^\/proxies$/,
    calls: {
      GET: (proxies) => json(200, `{${proxies.list().map((proxy) => `${jsonString(proxy.name)}:${jsonProxy(proxy.show())}`).join(",")}}`),
      POST: async (proxies, { body }) => json(201, jsonProxy((await proxies.create(parseBody(body))).show())),
    },
  },
  { path: /^\/populate$/, calls: { POST: populate } },
  {
    path: /^\/proxies\/(?<proxy>[^/]+)$/,
    calls: {
      GET: (proxies, { proxy }) => json(200, jsonProxy(proxies.get(proxy).show())),
      POST: updateProxy,
      PATCH: updateProxy,
      DELETE: async (proxies, { proxy }) => {
        await proxies.remove(proxy);
        return noContent;
      },
    },
  },
  {
    path: /^\/proxies\/(?<proxy>[^/]+)\/toxics$/,
    calls: {
      GET: (proxies, { proxy }) => json(200, jsonToxics(proxies.get(proxy).toxics())),
      POST: (proxies, { proxy, body }) => {
        const owner = proxies.get(proxy);
        return json(200, jsonToxic(owner.addToxic(parseBody(body))));
      },
    },
  },
  {
    path: /^\/proxies\/(?<proxy>[^/]+)\/toxics\/(?<toxic>[^/]+)$/,
    calls: {
      GET: (proxies, { proxy, toxic }) => json(200, jsonToxic(proxies.get(proxy).toxic(toxic))),
      POST: updateToxic,
      PATCH: updateToxic,
      DELETE: (proxies, { proxy, toxic }) => {
        proxies.get(proxy).removeToxic(toxic);
        return noContent;
      },
    },
  },
  {
    path: /^\/reset$/,
    calls: {
      POST: async (proxies) => {
        await proxies.reset();
        return noContent;
      },
    },
  },
  {
    path: /^\/version$/,
    calls: {
      GET: () => ({ status: 200, headers: { "content-type": "application/json;charset=utf-8" }, body: `{"version": "${networkVersion}"}\n`, routed: true }),
    },
  },
];

/** Its errors are sent as JSON, unlike those of all other routes. */
async function populate(proxies: Proxies, { body }: { body: string }): Promise<ApiResponse> {
  const parsed = parsePopulation(body);
  const result = parsed.error === null ? await proxies.populate(parsed.value) : { proxies: [], error: parsed.error };
  const list = result.proxies.length === 0 ? "null" : `[${result.proxies.map((proxy) => jsonProxy(proxy.show())).join(",")}]`;
  if (result.error === null) return json(201, `{"proxies":${list}}`);
  const { status, message } = result.error;
  return json(status, `${jsonError(status, message).slice(0, -1)},"proxies":${list}}`);
}

function parsePopulation(body: string) {
  try {
    return { value: parseBody(body), error: null };
  } catch (error) {
    return { value: null, error: asApiError(error) };
  }
}

const noContent: ApiResponse = { status: 204, headers: {}, body: "", routed: true };

const json = (status: number, body: string): ApiResponse => ({ status, headers: { "content-type": "application/json" }, body, routed: true });

const plain = (status: number, body: string): ApiResponse => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
  body,
  routed: true,
});
