import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { packageBytesMax } from "../config/package.ts";
import type { PackageDisk } from "../core/packages/ports.ts";

/** A record of a package, with what JSON escapes. */
const fileBytesMax = 4 * packageBytesMax;

/** The packages of a data plane in a folder of its own: each file is written whole or not at all, and is on the disk when the write resolves. */
export function packageFolder(folder: string): PackageDisk {
  const fileOf = (name: string) => path.join(folder, `${name}.json`);
  return {
    read: async (name) => {
      const text = await readFile(fileOf(name), "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return null;
        throw error;
      });
      return text === null || text.length > fileBytesMax ? null : text;
    },
    write: async (name, text) => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const temporary = `${fileOf(name)}.tmp`;
      try {
        await writeAndSync(temporary, text);
        await rename(temporary, fileOf(name));
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => {});
        throw error;
      }
      await syncFolder(folder);
    },
  };
}

async function writeAndSync(file: string, text: string): Promise<void> {
  await using handle = await open(file, "w", 0o600);
  await handle.writeFile(text);
  await handle.sync();
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, "r");
  await handle.sync();
}
