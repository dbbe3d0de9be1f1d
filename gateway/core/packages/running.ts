import type { GatewayConfig } from "../config.ts";

/** A version of the configuration, by number and hash. */
export interface PackageId {
  readonly version: number;
  /** SHA-256 of content and parent, hexadecimal. */
  readonly hash: string;
}

/** A configuration that can be run. */
export interface LoadedPackage {
  /** Null: the configuration of the gateway's own file. */
  readonly id: PackageId | null;
  readonly config: GatewayConfig;
}

/** The configurations that a data plane runs at once. */
export interface RunningPackages {
  readonly current: LoadedPackage;
  /** `share` of the clients run it instead of the current one. */
  readonly candidate: { readonly package: LoadedPackage; readonly share: number } | null;
}

/** What `x-blastlab-package`, events, spans and logs call a package. */
export function packageName({ version, hash }: PackageId): string {
  return `${version}@${hash}`;
}
