import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileReader } from "../../kernel/text-file.ts";
import { makeFolders } from "../files.ts";
import type { ToolsEnvironment } from "./environment.ts";
import type { ToolPin } from "./pins.ts";

/**
 * The record beside a cached executable: its version and origin. A Go build of Toxiproxy does not print its version, so
 * that it is read from here.
 */
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

/** The place of a version of a tool in the cache, whether or not it is installed. */
export function cachePlace(pin: ToolPin, version: string, environment: ToolsEnvironment): CachePlace {
  const directory = join(environment.cacheDirectory, `${pin.executable}-${version}-${environment.platform}`);
  return { directory, executable: join(directory, pin.executable) };
}

/**
 * Puts a tool into the cache, whole or not at all. `make` works in a directory beside the place and returns the
 * executable's path in it. Of two installs at once, the first to finish is kept and the other is deleted.
 */
export async function storeInCache(
  place: CachePlace,
  origin: Pick<BuildRecord, "version" | "source">,
  make: (directory: string) => Promise<string>,
): Promise<void> {
  makeFolders(dirname(place.directory));
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

/**
 * The record beside a cached executable. Null where there is none, or where its sha256 is not that of the executable.
 */
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

/** A copy that is there already is kept if its sha256 is right, else replaced. */
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
