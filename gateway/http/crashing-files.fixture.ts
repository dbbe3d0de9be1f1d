import path from "node:path";
import type { FolderFiles } from "./package-folder.ts";

interface File {
  text: string;
  /** As it is on the disk. */
  synced: string;
  /** What it held since, the newest last: any of these may be on the disk. */
  unsynced: string[];
}

class Folder {
  readonly entries = new Map<string, Node>();
  readonly synced = new Map<string, Node>();
  /** By name, what it meant since it was last synced, the newest last. */
  readonly unsynced = new Map<string, (Node | undefined)[]>();

  set(name: string, node: Node | undefined): void {
    assign(this.entries, name, node);
    this.unsynced.set(name, [...(this.unsynced.get(name) ?? []), node]);
  }

  sync(): void {
    for (const name of this.unsynced.keys()) assign(this.synced, name, this.entries.get(name));
    this.unsynced.clear();
  }
}

type Node = File | Folder;

/** Draws a whole number from 0 to below `count`. */
type Draw = (count: number) => number;

/**
 * A file system that keeps only what POSIX promises. What was not synced may be lost at a power cut: the content of
 * each file (any state since its sync, and any part of the last one) and each name of each folder, in any order. The
 * death of a process alone loses nothing, but leaves half of a write.
 */
export class CrashingFiles {
  readonly #root = new Folder();

  /** As a process sees them. It may end at each step; a write of content has one in its middle. */
  of(step: () => Promise<void>): FolderFiles {
    const stepping = async <T>(effect: () => T): Promise<T> => {
      await step();
      return effect();
    };
    return {
      mkdir: (folder) => stepping(() => this.#create(folder, new Folder(), false)),
      open: async (file, flags) => {
        const node = await stepping(() => this.#open(file, flags));
        return {
          writeFile: async (text) => {
            await stepping(() => append(node, text.slice(0, text.length >> 1)));
            await stepping(() => append(node, text.slice(text.length >> 1)));
          },
          sync: () => stepping(() => sync(node)),
          [Symbol.asyncDispose]: () => Promise.resolve(),
        };
      },
      readFile: (file) => Promise.resolve().then(() => asFile(this.#found(file)).text),
      rename: (from, to) => stepping(() => this.#rename(from, to)),
      rm: (file) => stepping(() => this.#remove(file)),
    };
  }

  /** What the disk has after a power cut. */
  cutPower(draw: Draw): void {
    forget(this.#root, draw);
  }

  #open(file: string, flags: "r" | "w"): Node {
    if (flags === "r") return this.#found(file);
    const node = asFile(this.#parent(file).entries.get(path.basename(file)) ?? this.#create(file, { text: "", synced: "", unsynced: [] }, true));
    node.text = "";
    node.unsynced.push("");
    return node;
  }

  #create(file: string, node: Node, mayExist: boolean): Node {
    const parent = this.#parent(file);
    if (!mayExist && parent.entries.has(path.basename(file))) throw failed("EEXIST", file);
    parent.set(path.basename(file), node);
    return node;
  }

  #rename(from: string, to: string): void {
    const node = this.#found(from);
    this.#parent(to).set(path.basename(to), node);
    this.#parent(from).set(path.basename(from), undefined);
  }

  #remove(file: string): void {
    const parent = this.#parent(file);
    if (parent.entries.has(path.basename(file))) parent.set(path.basename(file), undefined);
  }

  #parent(file: string): Folder {
    const parent = this.#found(path.dirname(file));
    if (!(parent instanceof Folder)) throw failed("ENOTDIR", file);
    return parent;
  }

  #found(file: string): Node {
    if (file === path.dirname(file)) return this.#root;
    const found = this.#parent(file).entries.get(path.basename(file));
    if (found === undefined) throw failed("ENOENT", file);
    return found;
  }
}

function assign(entries: Map<string, Node>, name: string, node: Node | undefined): void {
  if (node === undefined) entries.delete(name);
  else entries.set(name, node);
}

function asFile(node: Node): File {
  if (node instanceof Folder) throw failed("EISDIR", "");
  return node;
}

function append(node: Node, text: string): void {
  const file = asFile(node);
  file.text += text;
  file.unsynced.push(file.text);
}

function sync(node: Node): void {
  if (node instanceof Folder) return node.sync();
  node.synced = node.text;
  node.unsynced = [];
}

function forget(node: Node, draw: Draw): void {
  if (!(node instanceof Folder)) return forgetContent(node, draw);
  for (const [name, states] of node.unsynced) {
    const possible = [node.synced.get(name), ...states];
    assign(node.synced, name, possible[draw(possible.length)]);
  }
  node.unsynced.clear();
  node.entries.clear();
  for (const [name, each] of node.synced) {
    node.entries.set(name, each);
    forget(each, draw);
  }
}

function forgetContent(file: File, draw: Draw): void {
  const { text, synced, unsynced } = file;
  const possible = unsynced.length === 0 ? [synced] : [synced, ...unsynced, text.slice(0, draw(text.length + 1))];
  file.text = file.synced = possible[draw(possible.length)]!;
  file.unsynced = [];
}

function failed(code: string, file: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${file}`), { code });
}
