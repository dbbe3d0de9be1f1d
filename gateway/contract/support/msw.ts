import { HttpRequestInterceptor } from "@mswjs/interceptors/http";
import { http, HttpResponse, type RequestHandler } from "msw";
import { defineNetwork, InterceptorSource } from "msw/experimental";
import { onTestFinished } from "vitest";

/** One request as the provider's public address got it. */
export interface Posted {
  readonly path: string;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/**
 * Stands in for the providers' public addresses, at the sockets, so that our transport and the official clients meet
 * the same bytes; nothing leaves the machine, and what is not mocked is an error. Only for answers that are whole: a
 * body that breaks off comes out of msw as a clean end.
 */
export async function mockProvider(url: string, answer: (posted: Posted) => { readonly json: object } | { readonly events: string }): Promise<Posted[]> {
  const posted: Posted[] = [];
  const handler: RequestHandler = http.post(url, async ({ request }) => {
    const one: Posted = { path: new URL(request.url).pathname + new URL(request.url).search, headers: request.headers, body: (await request.json()) as Record<string, unknown> };
    posted.push(one);
    const expectedAnswer = answer(one);
    return "json" in expectedAnswer ? HttpResponse.json(expectedAnswer.json) : new HttpResponse(expectedAnswer.events, { headers: { "content-type": "text/event-stream" } });
  });
  const network = defineNetwork({
    sources: [new InterceptorSource({ interceptors: [new HttpRequestInterceptor()] })],
    onUnhandledFrame: "error",
    context: { quiet: true },
    handlers: [handler],
  });
  await network.enable();
  onTestFinished(async () => {
    await network.disable();
  });
  return posted;
}
