import { once } from "node:events";
import { connect } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { expectedAnswer } from "./fixtures/fixture.ts";
import { fixturesOf, says, startGatewayTo } from "./support/gateway.ts";

/** Requests as clients that are no SDK write them. */

const body = JSON.stringify({ model: "chat", messages: [{ role: "user", content: "Say it." }] });

/** What comes back for these very bytes, and the connection's end. */
async function answerTo(url: string, head: readonly string[], payload: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const lines = [...head, "host: gateway", "authorization: Bearer vk-1", "connection: close", `content-length: ${Buffer.byteLength(payload)}`];
  socket.write(Buffer.from(`${lines.join("\r\n")}\r\n\r\n${payload}`, "latin1"));
  let text = "";
  socket.setEncoding("utf8").on("data", (part: string) => (text += part));
  await once(socket, "close");
  return text;
}

test("server: a target with scheme and host is the same target", async () => {
  const { url } = await startGatewayTo([["openai", says(fixturesOf.openai.text)]]);
  expect(await answerTo(url, ["POST http://gateway/v1/chat/completions?api-version=1 HTTP/1.1"], body)).toContain(JSON.stringify(expectedAnswer.text));
  expect(await answerTo(url, ["GET HTTPS://gateway:443/health/live HTTP/1.1"], "")).toMatch(/^HTTP\/1\.1 200 /);
  expect(await answerTo(url, ["OPTIONS * HTTP/1.1"], "")).toMatch(/^HTTP\/1\.1 404 /);
});

test.each([
  ["as it is", "client-7", "client-7"],
  ["with spaces, as two that were joined", "a, b", "a, b"],
  ["512 characters", "i".repeat(512), "i".repeat(512)],
  ["one more", "i".repeat(513), null],
  ["letters beyond ASCII", "caf\u00e9", null],
])("x-client-request-id: %s: what OpenAI would refuse the request for is not sent on, nor is the request refused", async (_, id, forwarded) => {
  const { url, providers, lines } = await startGatewayTo([["openai", says(fixturesOf.openai.text)]]);
  expect(await answerTo(url, ["POST /v1/chat/completions HTTP/1.1", `x-client-request-id: ${id}`], body)).toContain(JSON.stringify(expectedAnswer.text));
  const sent = providers[0]!.seen[0]!.headers["x-client-request-id"];
  if (forwarded === null) expect(sent).toMatch(/^[0-9a-f]{16}$/);
  else expect(sent).toBe(forwarded);
  expect(lines.find(({ event }) => event === "request")).toMatchObject({ requestId: sent });
});

const encoders = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync };

const postEncoded = (url: string, encoding: string, bytes: Uint8Array<ArrayBuffer>, at = "/v1/chat/completions") => fetch(`${url}${at}`, { method: "POST", headers: { authorization: "Bearer vk-1", "content-encoding": encoding }, body: bytes });

test.each(Object.keys(encoders) as (keyof typeof encoders)[])("server: a body encoded with %s goes upstream as the bytes that it stands for", async (encoding) => {
  const { url, providers } = await startGatewayTo([["openai", says(fixturesOf.openai.text)]]);
  expect(await (await postEncoded(url, encoding, encoders[encoding](body))).text()).toContain(JSON.stringify(expectedAnswer.text));
  await answerTo(url, ["POST /v1/chat/completions HTTP/1.1"], body);
  const [one, other] = providers[0]!.seen;
  expect(one!.text).toBe(other!.text);
  expect(one!.headers["content-encoding"]).toBeUndefined();
});

test.each([
  ["of an unknown encoding", "compress", gzipSync(body), 415, "unsupported_content_encoding"],
  ["of two encodings", "gzip, zstd", gzipSync(body), 415, "unsupported_content_encoding"],
  ["that is not what its header says", "gzip", Buffer.from(body), 400, "invalid_content_encoding"],
  ["that is cut off", "gzip", gzipSync(body).subarray(0, -9), 400, "invalid_content_encoding"],
  ["that stands for a hundred megabytes", "gzip", gzipSync(Buffer.alloc(100 * 1024 * 1024)), 413, "body_too_large"],
])("server: a body %s is refused by name", async (_, encoding, bytes, status, code) => {
  const { url, providers } = await startGatewayTo([["openai", says(fixturesOf.openai.text)]]);
  const refused = await postEncoded(url, encoding, new Uint8Array(bytes));
  expect([refused.status, refused.headers.get("accept-encoding"), await refused.json()]).toMatchObject([status, status === 415 ? "gzip, deflate, br, zstd" : null, { error: { code } }]);
  const anthropic = await postEncoded(url, encoding, new Uint8Array(bytes), "/v1/messages");
  expect([anthropic.status, await anthropic.json()]).toMatchObject([status, { type: "error", error: { type: status === 413 ? "request_too_large" : "invalid_request_error" }, request_id: anthropic.headers.get("request-id") }]);
  expect(providers[0]!.seen).toEqual([]);
});

test("messages: the SDK knows the request's id, of an answer and of an error", async () => {
  const { anthropic } = await startGatewayTo([["anthropic", says(fixturesOf.anthropic.text)]]);
  const ask = { model: "chat", max_tokens: 9, messages: [{ role: "user" as const, content: "Say it." }] };
  const { request_id: id, response } = await anthropic.messages.create(ask).withResponse();
  expect([id, response.headers.get("x-request-id")]).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/), id]);
  await expect(anthropic.messages.create({ ...ask, model: "nothing" })).rejects.toMatchObject({ status: 404, requestID: expect.stringMatching(/^[0-9a-f]{16}$/) as string });
});
