import { ControlRefusal } from "./control-refusal.ts";
import { checkReceipt, type Receipt, type ReceiptKeys } from "./receipt.ts";
import type { ControlSettings } from "./settings.ts";
import { entryOf, versionMaxOf, type ControlState, type PackageFacts } from "./state.ts";

export interface Push {
  readonly package: PackageFacts;
  readonly who: string;
  readonly why: string;
  readonly force: boolean;
  readonly receipt: Receipt | null;
}

/**
 * What stands against a push, by the state and the receipt alone. Throws the first refusal that force does not lift;
 * returns those that it has lifted. A package never begins while another is on its way, and never on top of anything
 * but the version that it was made from.
 */
export function objectionsTo(push: Push, state: ControlState, settings: ControlSettings, { keys, nowMs }: { readonly keys: ReceiptKeys; readonly nowMs: number }): readonly ControlRefusal[] {
  const objections = [...rules].flatMap((rule) => rule(push, state, settings) ?? []);
  const needed = receiptObjection(push, settings, keys, nowMs);
  const all = needed === null ? objections : [...objections, needed];
  const first = all.find(({ forcible }) => !push.force || !forcible);
  if (first !== undefined) throw first;
  return all;
}

type Rule = (push: Push, state: ControlState, settings: ControlSettings) => ControlRefusal | null;

const rules: readonly Rule[] = [
  (_push, { rollout }) => (rollout === null ? null : new ControlRefusal("rollout_under_way", `Package ${short(rollout.hash)} is on its way: one at a time`)),
  ({ package: { hash } }, { active }) => (hash === active ? new ControlRefusal("already_active", "This package is active already") : null),
  ({ package: { parent } }, { active }) =>
    parent === active ? null : new ControlRefusal("parent_mismatch", `The package was made from ${short(parent)}, and ${short(active)} is active: make it again from the active one`),
  ({ package: { version } }, state) => {
    const max = versionMaxOf(state);
    return version > max ? null : new ControlRefusal("older", `Version ${version} is not newer than version ${max}, which this region has had`, { forcible: true });
  },
  ({ package: { isEmpty } }) => (isEmpty ? new ControlRefusal("empty", "The package has no deployments or no routes", { forcible: true }) : null),
  ({ package: { bytes } }, state, { sizeRatioMax }) => {
    const good = entryOf(state, state.active)?.package.bytes ?? null;
    if (good === null || bytes <= sizeRatioMax * good) return null;
    return new ControlRefusal("too_large", `The package has ${bytes} bytes, the active one ${good}: more than ${sizeRatioMax} times as many`, { forcible: true });
  },
  ({ package: { content } }, { history }) => {
    const before = history.findLast((entry) => entry.package.content === content && (entry.state === "rolled_back" || entry.state === "refused"));
    return before === undefined ? null : new ControlRefusal("failed_before", `This configuration was ${before.state.replace("_", " ")} before: ${before.reason}`, { forcible: true });
  },
];

function receiptObjection({ package: { content }, receipt }: Push, { receiptFrom, bakeMs }: ControlSettings, keys: ReceiptKeys, nowMs: number): ControlRefusal | null {
  if (receiptFrom === null) return null;
  try {
    checkReceipt(receipt, { from: receiptFrom, content, bakeMs, nowMs }, keys);
    return null;
  } catch (error) {
    if (error instanceof ControlRefusal) return error;
    throw error;
  }
}

const short = (hash: string | null) => (hash === null ? "no package" : hash.slice(0, 12));
