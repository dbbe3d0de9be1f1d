import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileReader } from "../../kernel/text-file.ts";
import type { ToolsEnvironment } from "./environment.ts";
import type { ToolPin } from "./pins.ts";

/** Written beside a cached executable: how it came there. A Go build of Toxiproxy cannot say its own version; this can. */
export interface BuildRecord {
  readonly version: string;
  readonly source: "release" | "go";
  /** Of the executable. */
  readonly sha256: string;
}

export interface CachePlace {
  readonly directory: string;
  readonly executable: string;
}

const recordFile = "build.json";
const recordBytesMax = 2 ** 16;
const { readJson } = fileReader(fs);

/** Where a version of a tool lives in the cache, whether it is there or not. */
export function cachePlace(pin: ToolPin, version: string, environment: ToolsEnvironment): CachePlace {
  const directory = join(environment.cacheDirectory, `${pin.executable}-${version}-${environment.platform}`);
  return { directory, executable: join(directory, pin.executable) };
}

/**
 * Puts a tool into the cache whole or not at all: `make` gets a directory beside the place and returns the executable's path in it.
 * Of two installs at once the first to finish wins, and the other's work is dropped.
 */
export async function storeInCache(
  place: CachePlace,
  origin: Pick<BuildRecord, "version" | "source">,
  make: (directory: string) => Promise<string>,
): Promise<void> {
  await mkdir(dirname(place.directory), { recursive: true });
  const work = await mkdtemp(`${place.directory}.tmp-`);
  try {
    const made = await make(work);
    const staged = join(work, "staged");
    await mkdir(staged);
    const executable = join(staged, place.executable.slice(place.directory.length + 1));
    await rename(made, executable);
    await chmod(executable, 0o755);
    const record: BuildRecord = { ...origin, sha256: await sha256Of(executable) };
    await writeFile(join(staged, recordFile), `${JSON.stringify(record, null, 2)}\n`);
    await moveIntoPlace(staged, place);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The record beside a cached executable, if it is about that very file; else null. */
export async function buildRecord(place: CachePlace): Promise<BuildRecord | null> {
  try {
    const record = readJson(join(place.directory, recordFile), recordBytesMax) as BuildRecord;
    return record.sha256 === (await sha256Of(place.executable)) ? record : null;
  } catch {
    return null;
  }
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(fs.createReadStream(file), hash);
  return hash.digest("hex");
}

/** A sound copy that lies in the place already stays; an unsound one is replaced. */
async function moveIntoPlace(staged: string, place: CachePlace): Promise<void> {
  try {
    await rename(staged, place.directory);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
    if ((await buildRecord(place)) !== null) return;
    await rm(place.directory, { recursive: true, force: true });
    await rename(staged, place.directory);
  }
}
