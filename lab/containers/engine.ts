import { execFile } from "node:child_process";
import { chown, mkdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { RunDirectory } from "../live/directory.ts";

/** The clone, without a slash at its end. */
export const productRoot = path.resolve(fileURLToPath(new URL("../..", import.meta.url)));

const run = promisify(execFile);
/** `node` in the images of Node: whoever is root here is not root there. */
const imageUser = 1_000;

/**
 * Of `docker`: docker-compose.yml, under a project of the game days' own, so that a system that stands is left alone.
 */
export const composeArguments: readonly string[] = ["compose", "--file", path.join(productRoot, "docker-compose.yml"), "--project-name", "blastlab-game-day", "--profile", "game-day"];

/** As whom containers run: as the user of the lab, so that the run directory is theirs too, and never as root. */
export function engineUser(): string {
  const { uid, gid } = owner();
  return `${uid}:${gid}`;
}

function owner(): { readonly uid: number; readonly gid: number } {
  const uid = process.getuid?.() ?? imageUser;
  return uid === 0 ? { uid: imageUser, gid: imageUser } : { uid, gid: process.getgid?.() ?? uid };
}

/** The folders of a run directory that containers write into. */
export async function openToContainers(directory: Pick<RunDirectory, "path">): Promise<void> {
  for (const folder of ["taps", "disk"]) {
    await mkdir(path.join(directory.path, folder), { recursive: true });
    const { uid, gid } = owner();
    if (process.getuid?.() === 0) await chown(path.join(directory.path, folder), uid, gid);
  }
}

/** Throws LabError `refused` `engine_missing` where no Docker engine with Compose answers. */
export async function checkEngine(): Promise<void> {
  for (const args of [["info", "--format", "{{.ServerVersion}}"], ["compose", "version"]]) {
    await docker(args, (reason) => ({ code: "engine_missing", message: `The stack runs its components in containers, and no Docker engine answers: ${reason}`, hint: "Start Docker with its Compose plugin, or leave `containers` out of the stack" }));
  }
}

/**
 * Builds the image from this clone; one that is up to date takes a second or two. Throws LabError `refused`
 * `image_not_built`.
 */
export async function buildImage(): Promise<void> {
  await docker([...composeArguments, "build", "--quiet", "game-day"], (reason) => ({ code: "image_not_built", message: `Cannot build the image of the components: ${reason}`, hint: "docs/containers.md names the images that it is made of, and how others take their place" }));
}

async function docker(args: readonly string[], troubleOf: (reason: string) => { readonly code: string; readonly message: string; readonly hint: string }): Promise<void> {
  try {
    await run("docker", args, { cwd: productRoot });
  } catch (error) {
    const { stderr = "" } = error as { readonly stderr?: string };
    throw new LabError({ exit: "refused", ...troubleOf(stderr.trim().split("\n").slice(-3).join(" ") || messageOf(error)), cause: error });
  }
}
