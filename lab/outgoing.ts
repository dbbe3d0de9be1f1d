import { Agent, setGlobalDispatcher, type Dispatcher } from "undici";
import { pinnedLookup, type Pins } from "../kernel/pinned-lookup.ts";

/** A server answered with a redirect. It is the `cause` of what `fetch` throws. */
export class RedirectRefused extends Error {
  constructor(statusCode: number) {
    super(`it answered ${statusCode} with a redirect, which the lab does not follow`);
  }
}

/**
 * From now on, every `fetch` of this process is the lab's own, those of packages included: it goes through no proxy,
 * whatever the environment says; it follows no redirect; and it dials a name only at the address that was judged.
 */
export function restrictOutgoing(pins: Pins = {}): void {
  setGlobalDispatcher(new Agent({ connect: { lookup: pinnedLookup(pins) } }).compose(refuseRedirects));
}

/** Whether something answered, with whatever: also where it is a redirect. */
export const isRedirect = (error: unknown): boolean => error instanceof Error && error.cause instanceof RedirectRefused;

const refuseRedirects: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => dispatch(options, new RedirectGuard(handler));

/** Passes everything on but a redirect, which ends the request. */
class RedirectGuard implements Dispatcher.DispatchHandler {
  readonly #inner: Dispatcher.DispatchHandler;

  constructor(inner: Dispatcher.DispatchHandler) {
    this.#inner = inner;
  }

  onResponseStart(...parameters: Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>): void {
    const [controller, statusCode, headers] = parameters;
    if (statusCode >= 300 && statusCode < 400 && headers["location"] !== undefined) controller.abort(new RedirectRefused(statusCode));
    else this.#inner.onResponseStart?.(...parameters);
  }

  onRequestStart(...parameters: Parameters<NonNullable<Dispatcher.DispatchHandler["onRequestStart"]>>): void {
    this.#inner.onRequestStart?.(...parameters);
  }

  onRequestUpgrade(...parameters: Parameters<NonNullable<Dispatcher.DispatchHandler["onRequestUpgrade"]>>): void {
    this.#inner.onRequestUpgrade?.(...parameters);
  }

  onResponseData(...parameters: Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseData"]>>): void {
    this.#inner.onResponseData?.(...parameters);
  }

  onResponseEnd(...parameters: Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseEnd"]>>): void {
    this.#inner.onResponseEnd?.(...parameters);
  }

  onResponseError(...parameters: Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseError"]>>): void {
    this.#inner.onResponseError?.(...parameters);
  }
}
