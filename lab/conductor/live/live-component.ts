import type { Child } from "../../warden/client.ts";
import type { ConfigPushes } from "../core/config-pushes.ts";

/** A component of the plan that runs as a child of the warden. */
export interface LiveComponent {
  /** Id of the warden's child. */
  readonly child: string;
  /** Where faults are injected into it over HTTP; null: it has no such paths. */
  readonly adminUrl: string | null;
  /** Where its operator calls it; null or absent: it has none. */
  readonly operator?: { readonly url: string; readonly key: string } | null;
  /**
   * How it is given another configuration: pushed, or by the path of its JSON file, which it reads when it starts; null
   * or absent: it is not.
   */
  readonly configuration?: ConfigPushes | string | null;
  /** Resolves when a child that has just started serves. Rejects with LabError `failed`. */
  ready(child: Child): Promise<void>;
}
