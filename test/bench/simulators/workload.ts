import { readFileSync } from "node:fs";

/**
 * The benchmark's request, and the answer of every server to it: eight words of the same length as a simulator's, of
 * which the first and last are marks (kernel/mark.ts).
 */
export const answerWords = ["z".repeat(58), ...Array.from({ length: 6 }, () => ` ${"y".repeat(9)}`), ` ${"x".repeat(58)}`];

export const benchModel = "gpt-bench";

const question = "Say eight words.";

/**
 * The HTTP request, with an id of its own. A simulator adds two marks to its words, so the request asks for two words
 * fewer.
 */
export function requestBytes(stream: boolean, sequence: number): Buffer {
  const body = JSON.stringify({ model: benchModel, messages: [{ role: "user", content: question }], max_tokens: answerWords.length - 2, stream });
  const head = [
    "POST /v1/chat/completions HTTP/1.1",
    "host: 127.0.0.1",
    "authorization: Bearer sk-bench",
    "content-type: application/json",
    `x-client-request-id: bench-${sequence}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`);
}

/**
 * Reads requests from a JSON file, {"headers": {…}, "body": {…}}. `#` in the body is replaced by the numbers of the
 * process and the request, so that all requests differ.
 */
export function requestsFrom(file: string): (stream: boolean, sequence: number) => Buffer {
  const { headers, body } = JSON.parse(readFileSync(file, "utf8")) as { headers: Record<string, string>; body: object };
  const head = ["POST /v1/chat/completions HTTP/1.1", "host: 127.0.0.1", ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
  return (stream, sequence) => {
    const text = JSON.stringify({ ...body, stream }).replace("#", `${process.pid}-${String(sequence).padStart(8, "0")}`);
    return Buffer.from(`${head.join("\r\n")}\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  };
}
