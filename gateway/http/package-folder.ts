import * as nodeFiles from "node:fs/promises";
import path from "node:path";
import { packageBytesMax } from "../config/package.ts";
import type { PackageDisk } from "../core/packages/ports.ts";

/** A record of a package, with what JSON escapes. */
const fileBytesMax = 4 * packageBytesMax;

/** What it needs of `node:fs/promises`. */
export interface FolderFiles {
  mkdir(folder: string, options: { readonly mode: number }): Promise<unknown>;
  open(file: string, flags: "r" | "w", mode?: number): Promise<OpenFile>;
  readFile(file: string, encoding: "utf8"): Promise<string>;
  rename(from: string, to: string): Promise<void>;
  rm(file: string, options: { readonly force: true }): Promise<void>;
}

interface OpenFile extends AsyncDisposable {
  writeFile(text: string): Promise<void>;
  sync(): Promise<void>;
}

/**
 * The packages of a data plane in a folder of its own. Each file is written whole or not at all, and is on the disk
 * when the write resolves. So is what is read: an earlier life may have ended between the renaming of a file and the
 * sync of the folder.
 */
export function packageFolder(folder: string, files: FolderFiles = nodeFiles): PackageDisk {
  const fileOf = (name: string) => path.join(folder, `${name}.json`);
  let isMade = false;
  return {
    read: async (name) => {
      const text = await files.readFile(fileOf(name), "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return null;
        throw error;
      });
      if (text === null || text.length > fileBytesMax) return null;
      await syncFolder(files, folder);
      return text;
    },
    write: async (name, text) => {
      const temporary = `${fileOf(name)}.tmp`;
      try {
        if (!isMade) await makeFolder(files, folder);
        isMade = true;
        /** A power cut may leave both names of a renamed file: writing to one would write to the other. */
        await files.rm(temporary, { force: true });
        await writeAndSync(files, temporary, text);
        await files.rename(temporary, fileOf(name));
      } catch (error) {
        isMade = false;
        await files.rm(temporary, { force: true }).catch(() => {});
        throw error;
      }
      await syncFolder(files, folder);
    },
  };
}

/**
 * With the folders above it, each on the disk before anything is put into it. Those that exist are synced too: an
 * earlier life may have ended between the two. A folder above that does not allow it belongs to somebody else, who made
 * it.
 */
async function makeFolder(files: FolderFiles, folder: string): Promise<void> {
  const above = path.dirname(folder);
  if (above === folder) return;
  await makeFolder(files, above);
  await files.mkdir(folder, { mode: 0o700 }).catch(() => {});
  await syncFolder(files, above).catch(() => {});
}

async function writeAndSync(files: FolderFiles, file: string, text: string): Promise<void> {
  await using handle = await files.open(file, "w", 0o600);
  await handle.writeFile(text);
  await handle.sync();
}

async function syncFolder(files: FolderFiles, folder: string): Promise<void> {
  await using handle = await files.open(folder, "r");
  await handle.sync();
}
