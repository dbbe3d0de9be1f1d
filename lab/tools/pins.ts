/**
 * The tools that the lab drives, pinned. The sha256 sums are those of the releases' own checksum files, as quoted by
 * several public repositories.
 */
export type ToolName = "k6" | "toxiproxy";

export interface ToolPin {
  readonly name: ToolName;
  /** Name of the executable on the PATH and in the cache. */
  readonly executable: string;
  /** Accepted versions, the preferred one first (docs/decisions/0001-k6-version.md). */
  readonly versions: readonly string[];
  /** Environment variable with the path of an executable. */
  readonly variable: "BLASTLAB_K6_BIN" | "BLASTLAB_TOXIPROXY_BIN";
  readonly versionArguments: readonly string[];
  /** Its first group is the version. */
  readonly versionPattern: RegExp;
  readonly releases: {
    readonly version: string;
    readonly baseUrl: string;
    /** Downloads of the release end at this size. */
    readonly bytesMax: number;
    /** By `process.platform-process.arch`. */
    readonly assets: Readonly<Record<string, ReleaseAsset>>;
  };
  /** The Go module to build where the release cannot be fetched. Absent: the lab does not build this tool. */
  readonly goModule?: {
    readonly path: string;
    /** The package of the program. */
    readonly main: string;
  };
  /** What a run uses in place of the tool. */
  readonly embedded: string;
}

export interface ReleaseAsset {
  readonly file: string;
  readonly sha256: string;
  /** Path of the executable inside an archive; absent where the asset is the executable. */
  readonly member?: string;
}

const k6Asset = (platform: string, ending: string, sha256: string): ReleaseAsset => ({
  file: `k6-v2.3.0-${platform}.${ending}`,
  sha256,
  member: `k6-v2.3.0-${platform}/k6`,
});
const toxiproxyAsset = (platform: string, sha256: string): ReleaseAsset => ({ file: `toxiproxy-server-${platform}`, sha256 });

export const toolPins: Readonly<Record<ToolName, ToolPin>> = {
  k6: {
    name: "k6",
    executable: "k6",
    versions: ["2.3.0", "2.2.0"],
    variable: "BLASTLAB_K6_BIN",
    versionArguments: ["version"],
    versionPattern: /k6(?:\.exe)? v(\S+)/,
    releases: {
      version: "2.3.0",
      baseUrl: "https://github.com/grafana/k6/releases/download/v2.3.0",
      bytesMax: 2 ** 28,
      assets: {
        "linux-x64": k6Asset("linux-amd64", "tar.gz", "39c3117b6af817592dcd0ce4242105c0a7af10948c2a425306f0be8f7a8a8ab1"),
        "linux-arm64": k6Asset("linux-arm64", "tar.gz", "5ca3433e8201da72a284aaa241a1bb5fb47f4abb4e384d39410ddd8062f49b90"),
        "darwin-x64": k6Asset("macos-amd64", "zip", "c83bb16f54f0676afa4ea235fd757f3892d307dbd1bd201450de83af31986654"),
        "darwin-arm64": k6Asset("macos-arm64", "zip", "b2417a3038edc5fe81dc178a889237724b595c5c9cfed875822008e46e862c7d"),
      },
    },
    embedded: "the embedded load generator",
  },
  toxiproxy: {
    name: "toxiproxy",
    executable: "toxiproxy-server",
    versions: ["2.12.0"],
    variable: "BLASTLAB_TOXIPROXY_BIN",
    versionArguments: ["-version"],
    versionPattern: /version (\S+)/,
    releases: {
      version: "2.12.0",
      baseUrl: "https://github.com/Shopify/toxiproxy/releases/download/v2.12.0",
      bytesMax: 2 ** 28,
      assets: {
        "linux-x64": toxiproxyAsset("linux-amd64", "556d891134a3c582dc1e1a3f7335fd55142e5965769855a00b944e13e48302fc"),
        "linux-arm64": toxiproxyAsset("linux-arm64", "53e770c1c3035b5a9f1bc629fce537db1f95f62b26f4ebe6e756afd701cf077c"),
        "darwin-x64": toxiproxyAsset("darwin-amd64", "9625bba4bd96117eedae49f982aba4c2f462b268dd406c9ff18186f9b1ef8afe"),
        "darwin-arm64": toxiproxyAsset("darwin-arm64", "aa299966b52f16a8594f1cd0d1e9049dc2e8fe2c04a90c19860e2719b2b95d15"),
      },
    },
    goModule: { path: "github.com/Shopify/toxiproxy/v2", main: "github.com/Shopify/toxiproxy/v2/cmd/server" },
    embedded: "the embedded network proxy",
  },
};
