import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { EnvHttpProxyAgent, interceptors, request } from "undici";
import type { ReleaseAsset } from "./pins.ts";

const execute = promisify(execFile);
const connectTimeoutMs = 10_000;
const idleTimeoutMs = 60_000;
const redirectsMax = 5;
const unpackTimeoutMs = 120_000;

/**
 * Fetches a release's file from `<baseUrl>/<file>` into `directory`, checks its sha256 and unpacks it. Resolves to the
 * executable's path. Uses the proxy of the environment. Rejects with an error that names the URL: not found, cut off,
 * too large, wrong sha256.
 */
export async function downloadRelease(asset: ReleaseAsset, { baseUrl, bytesMax }: { baseUrl: string; bytesMax: number }, directory: string): Promise<string> {
  const archive = join(directory, asset.file);
  const sum = await fetchTo(`${baseUrl}/${asset.file}`, archive, bytesMax);
  if (sum !== asset.sha256) throw new Error(`${baseUrl}/${asset.file} is not the file that is pinned: its sha256 is ${sum}, want ${asset.sha256}`);
  if (asset.member === undefined) return archive;
  await execute("tar", ["-xf", archive, "-C", directory, asset.member], { timeout: unpackTimeoutMs });
  return join(directory, asset.member);
}

/** Downloads a URL into a file. Resolves to the sha256 of its bytes. */
async function fetchTo(url: string, file: string, bytesMax: number): Promise<string> {
  const agent = new EnvHttpProxyAgent({ connect: { timeout: connectTimeoutMs }, headersTimeout: idleTimeoutMs, bodyTimeout: idleTimeoutMs });
  try {
    const dispatcher = agent.compose(interceptors.redirect({ maxRedirections: redirectsMax }));
    const { statusCode, body } = await request(url, { dispatcher });
    if (statusCode !== 200) {
      await body.dump();
      throw new Error(`HTTP ${statusCode}`);
    }
    const hash = createHash("sha256");
    let bytes = 0;
    const hashing = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        hash.update(chunk);
        if (bytes > bytesMax) done(new Error(`it is larger than ${bytesMax} bytes`));
        else done(null, chunk);
      },
    });
    await pipeline(body, hashing, createWriteStream(file));
    return hash.digest("hex");
  } catch (error) {
    throw new Error(`${url} cannot be fetched: ${reasonOf(error)}`, { cause: error });
  } finally {
    await agent.destroy();
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ((error as NodeJS.ErrnoException).code ?? error.name);
}
