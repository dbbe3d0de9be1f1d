import { expect, test } from "vitest";
import { neverSignal } from "../../kernel/signal.ts";
import { reachedUrl, withEgress } from "./egress.ts";

const egress = { "http://primary.localhost": "http://127.0.0.1:4001" };

test("reachedUrl: replaces an origin that is listed, and no other that begins alike", () => {
  expect(reachedUrl("http://primary.localhost/v1/chat?x=1", egress)).toBe("http://127.0.0.1:4001/v1/chat?x=1");
  expect(reachedUrl("http://primary.localhost:8080/v1", egress)).toBe("http://primary.localhost:8080/v1");
  expect(reachedUrl("http://primary.localhost.other/v1", egress)).toBe("http://primary.localhost.other/v1");
});

test("withEgress: the transport gets the request as it is, with the reached URL", async () => {
  const urls: string[] = [];
  const transport = withEgress({ open: ({ url }) => (urls.push(url), Promise.reject(new Error("not here"))) }, egress);
  for (const url of ["http://primary.localhost/v1", "https://other.example/v1"]) await transport.open({ method: "GET", url, headers: {}, body: new Uint8Array() }, neverSignal).catch(() => {});
  expect(urls).toEqual(["http://127.0.0.1:4001/v1", "https://other.example/v1"]);
});
