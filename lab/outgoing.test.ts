import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { getGlobalDispatcher, setGlobalDispatcher } from "undici";
import { isRedirect, restrictOutgoing } from "./outgoing.ts";

/** Requests that came: Host and path. */
const seen: string[] = [];
const server = createServer((request, response) => {
  seen.push(`${request.headers.host} ${request.url}`);
  if (request.url === "/away") response.writeHead(307, { location: "/elsewhere" });
  response.end("here");
});
let port = 0;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => void server.close());

function restrict(pins: Record<string, string[]> = {}): void {
  const before = getGlobalDispatcher();
  onTestFinished(() => setGlobalDispatcher(before));
  seen.length = 0;
  restrictOutgoing(pins);
}

const failure = (url: string) => fetch(url).then(
  (response) => `answered ${response.status}`,
  (error: Error) => error,
);

test("restrictOutgoing: a proxy of the environment is not used", async () => {
  vi.stubEnv("HTTP_PROXY", "http://127.0.0.1:1");
  vi.stubEnv("NODE_USE_ENV_PROXY", "1");
  onTestFinished(() => void vi.unstubAllEnvs());
  restrict();
  expect(await (await fetch(`http://127.0.0.1:${port}/direct`)).text()).toBe("here");
});

test("restrictOutgoing: a name is dialled at the address that was judged, and keeps its Host", async () => {
  restrict({ "gateway.test": ["127.0.0.1"] });
  expect(await failure(`http://gateway.test:${port}/v1`)).toBe("answered 200");
  expect(seen).toEqual([`gateway.test:${port} /v1`]);
});

test("restrictOutgoing: a name that nobody judged is not looked up", async () => {
  restrict();
  expect(await failure(`http://localhost:${port}/`)).toMatchObject({ cause: { code: "ENOTFOUND" } });
  expect(seen).toEqual([]);
});

test("restrictOutgoing: a redirect is not followed, also where the caller would", async () => {
  restrict();
  const error = await failure(`http://127.0.0.1:${port}/away`);
  expect(isRedirect(error)).toBe(true);
  expect(error).toMatchObject({ cause: { message: "it answered 307 with a redirect, which the lab does not follow" } });
  expect(seen).toEqual([`127.0.0.1:${port} /away`]);
  expect(isRedirect(await failure(`http://127.0.0.1:1/`))).toBe(false);
});
