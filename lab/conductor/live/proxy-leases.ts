import type { Lease, UndoStep } from "../../warden/undo.ts";

/**
 * What undoes faults at a Toxiproxy-compatible API. Its state is in its memory: when nobody listens there any more, the
 * fault is gone.
 */
const undoTimeoutMs = 1_500;

export interface ProxyAddress {
  readonly apiUrl: string;
  readonly proxy: string;
}

/** Deletes a toxic that the lab added. */
export function toxicLease(address: ProxyAddress, toxic: string): Lease {
  const step = undoStep(address, { method: "DELETE", path: `/toxics/${encodeURIComponent(toxic)}` });
  return { description: `toxic "${toxic}" on proxy "${address.proxy}"`, steps: [step] };
}

/** Enables a proxy that the lab disabled. */
export function disabledProxyLease(address: ProxyAddress): Lease {
  const step = undoStep(address, { method: "POST", path: "", body: JSON.stringify({ enabled: true }) });
  return { description: `disabled proxy "${address.proxy}"`, steps: [step] };
}

/** Deletes a proxy that the lab created, with its toxics. */
export function proxyLease(address: ProxyAddress): Lease {
  return { description: `proxy "${address.proxy}"`, steps: [undoStep(address, { method: "DELETE", path: "" })] };
}

function undoStep({ apiUrl, proxy }: ProxyAddress, call: { method: "DELETE" | "POST"; path: string; body?: string }): UndoStep {
  const url = `${apiUrl.replace(/\/$/, "")}/proxies/${encodeURIComponent(proxy)}${call.path}`;
  const body = call.body === undefined ? {} : { body: call.body };
  return { kind: "http", method: call.method, url, ...body, gone: [404], goneIfRefused: true, timeoutMs: undoTimeoutMs };
}
