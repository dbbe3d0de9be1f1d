import { type Dispatcher, EnvHttpProxyAgent, Pool } from "undici";

/** The proxies for outgoing requests that the environment names. Empty: none for that scheme. */
export interface ForwardProxies {
  readonly http: string;
  readonly https: string;
  /** Hosts that are reached without one. */
  readonly except: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Nothing on this machine is reached through a proxy. */
const LOOPBACK = "localhost,127.0.0.1,::1";

/** By `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. Small letters win, as with curl, and a value may lack its scheme. */
export function forwardProxies(environment: Environment): ForwardProxies {
  const named = (name: string) => (environment[name.toLowerCase()] ?? environment[name] ?? "").trim();
  const url = (value: string) => (value === "" || /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  return { http: url(named("HTTP_PROXY")), https: url(named("HTTPS_PROXY")), except: `${named("NO_PROXY")},${LOOPBACK}` };
}

export const noProxies: ForwardProxies = { http: "", https: "", except: "" };

/** The connections to one origin, through the proxy of its scheme where there is one for it. */
export function poolOf(origin: string, options: Pool.Options & { connectTimeout: number }, { http, https, except }: ForwardProxies): Dispatcher {
  const proxy = origin.startsWith("https:") ? https : http;
  return proxy === "" ? new Pool(origin, options) : new EnvHttpProxyAgent({ ...options, httpProxy: proxy, httpsProxy: proxy, noProxy: except });
}
