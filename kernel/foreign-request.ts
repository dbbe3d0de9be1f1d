/**
 * What decides whether a request may reach a control API. Header values as they came; `contentType` only of a request
 * with a body.
 */
export interface ControlRequest {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly contentType: string | undefined;
  readonly hasBody: boolean;
}

export interface ControlRefusal {
  readonly status: 403 | 415;
  readonly message: string;
}

/**
 * Why a control API of the lab refuses a request; null when it does not. Such an API listens on loopback, where a page
 * in a browser reaches it too: by a name that resolves to loopback, which the Host header shows; from another origin;
 * or by a form, whose content types need no preflight. `typeless`: whether a body without a content type passes, as
 * some clients of Toxiproxy send it. A browser always adds its origin to one. `onOwnNetwork`: whether the names of its
 * services lead to the API besides. They have no dot, so that no domain of the internet is one.
 */
export function foreignRequest({ host = "", origin, contentType, hasBody }: ControlRequest, { typeless = false, onOwnNetwork = false } = {}): ControlRefusal | null {
  const isService = onOwnNetwork && /^[a-z0-9-]+(:\d+)?$/i.test(host);
  if (!isService && !/^(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d+)?$/i.test(host)) return { status: 403, message: "Use a loopback address: requests by any other name are refused" };
  if (origin !== undefined && origin !== `http://${host}`) return { status: 403, message: "Requests from another origin are refused" };
  if (!hasBody || (typeless && contentType === undefined) || /^application\/json\s*(;|$)/i.test(contentType ?? "")) return null;
  return { status: 415, message: "Send a JSON body with content-type application/json" };
}
