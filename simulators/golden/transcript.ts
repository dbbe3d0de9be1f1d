import { crc32 } from "node:zlib";
import type { Dialect } from "../../kernel/chat.ts";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { neverSignal } from "../../kernel/signal.ts";
import { configOf } from "../core/examples.ts";
import { createSimulator } from "../core/simulator.ts";
import { providerDialects } from "../dialects/dialects.ts";
import { exchangesOf, goldenModels, type Exchange } from "./exchanges.ts";

/**
 * The golden transcript of a dialect: every exchange on the virtual clock, byte for byte, with binary frames decoded.
 */
export async function transcriptOf(dialect: Dialect): Promise<string> {
  const parts: string[] = [];
  for (const exchange of exchangesOf(dialect)) parts.push(await play(dialect, exchange));
  return parts.join("\n");
}

async function play(dialect: Dialect, { name, request, phase }: Exchange): Promise<string> {
  const clock = new VirtualClock();
  const base = configOf(phase);
  const config = { ...base, deployment: { ...base.deployment, dialect, model: goldenModels[dialect] } };
  const simulator = createSimulator({ clock, config, tap: { emit: () => {} }, dialect: providerDialects[dialect] });
  const reading = (async () => {
    const { status, headers, body } = await simulator.handle(request, neverSignal);
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return { status, headers, bytes: Buffer.concat(chunks) };
  })();
  await clock.run();
  const { status, headers, bytes } = await reading;
  const binary = headers["content-type"] === "application/vnd.amazon.eventstream";
  return [
    `# ${name}`,
    `> ${request.method} ${request.path}`,
    ...headerLines(">", request.headers),
    ...lines(">", Buffer.from(request.body).toString()),
    `< ${status}`,
    ...headerLines("<", headers),
    ...lines("<", binary ? framesOf(bytes).join("\n") : bytes.toString()),
    "",
  ].join("\n");
}

function headerLines(mark: string, headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).map(([name, value]) => `${mark} ${name}: ${value}`);
}

function lines(mark: string, text: string): string[] {
  return text === "" ? [] : [mark, ...text.replaceAll("\r", "\\r").split("\n").map((line) => `${mark} ${line}`.trimEnd())];
}

/**
 * Binary frames as text, read with Node's own CRC-32: lengths, checksums, headers, payload. Throws for a wrong
 * checksum.
 */
export function framesOf(bytes: Buffer): string[] {
  const frames: string[] = [];
  for (let from = 0; from < bytes.length; ) {
    const total = bytes.readUInt32BE(from);
    const headerLength = bytes.readUInt32BE(from + 4);
    const frame = bytes.subarray(from, from + total);
    if (crc32(frame.subarray(0, 8)) !== frame.readUInt32BE(8)) throw new Error(`Prelude of the frame at ${from} is damaged`);
    if (crc32(frame.subarray(0, total - 4)) !== frame.readUInt32BE(total - 4)) throw new Error(`Frame at ${from} is damaged`);
    const payload = frame.subarray(12 + headerLength, total - 4).toString();
    frames.push(`[${total} bytes, crc ${frame.subarray(total - 4).toString("hex")}] ${JSON.stringify(headersOf(frame.subarray(12, 12 + headerLength)))} ${payload}`);
    from += total;
  }
  return frames;
}

function headersOf(bytes: Buffer): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = 0; at < bytes.length; ) {
    const nameEnd = at + 1 + bytes[at]!;
    const valueFrom = nameEnd + 3;
    const valueEnd = valueFrom + bytes.readUInt16BE(nameEnd + 1);
    headers[bytes.subarray(at + 1, nameEnd).toString()] = bytes.subarray(valueFrom, valueEnd).toString();
    at = valueEnd;
  }
  return headers;
}
