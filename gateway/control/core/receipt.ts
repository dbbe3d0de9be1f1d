import { canonicalJson } from "../../../kernel/canonical-json.ts";
import { ControlRefusal } from "./control-refusal.ts";

/** What a region's control plane states about a package that it has run: carried to another region by the operator. */
export interface Receipt {
  readonly region: string;
  readonly hash: string;
  /** Hash of the configuration alone: the same in every region, whatever the package's parent there. */
  readonly content: string;
  /** Share of the requests that it reached. */
  readonly step: number;
  readonly startedAtMs: number;
  /** When it reached this step's end. */
  readonly reachedAtMs: number;
  /** Until when it has run, therefore. */
  readonly signedAtMs: number;
  /** Ed25519 over all other fields, base64. */
  readonly signature: string;
}

/** Signs texts with the region's own key, and verifies those of the region that this one trusts. */
export interface ReceiptKeys {
  sign(text: string): string;
  verify(text: string, signature: string): boolean;
}

export function signedReceipt(unsigned: Omit<Receipt, "signature">, keys: ReceiptKeys): Receipt {
  return { ...unsigned, signature: keys.sign(canonicalJson(unsigned)) };
}

/** A receipt is a statement about now: a package may be rolled back in its region afterwards. */
const receiptAgeMsMax = 3_600_000;
/** Between the clocks of two regions. */
const skewMsMax = 30_000;

/** Throws `ControlRefusal` where the receipt does not let this content in. */
export function checkReceipt(receipt: Receipt | null, wanted: { readonly from: string; readonly content: string; readonly bakeMs: number; readonly nowMs: number }, keys: ReceiptKeys): void {
  const refuse = (code: string, message: string) => new ControlRefusal(code, message, { forcible: true });
  if (receipt === null) throw refuse("receipt_missing", `This region accepts a package with a receipt of region "${wanted.from}"`);
  const { signature, ...unsigned } = receipt;
  if (receipt.region !== wanted.from || !keys.verify(canonicalJson(unsigned), signature)) throw refuse("receipt_invalid", `The receipt was not signed by region "${wanted.from}"`);
  if (receipt.content !== wanted.content) throw refuse("receipt_of_another", "The receipt is of a package with another configuration");
  if (receipt.step < 1) throw refuse("receipt_partial", `Region "${receipt.region}" runs the package for ${100 * receipt.step} % of its requests only`);
  if (receipt.signedAtMs > wanted.nowMs + skewMsMax) throw refuse("receipt_clock", `The receipt was signed ${Math.ceil((receipt.signedAtMs - wanted.nowMs) / 1_000)} s from now: a clock is wrong`);
  const leftMs = receipt.reachedAtMs + wanted.bakeMs - receipt.signedAtMs;
  if (leftMs > 0) throw refuse("receipt_baking", `Region "${receipt.region}" had not run the package for ${Math.round(wanted.bakeMs / 1_000)} s when it signed: take a new receipt ${Math.ceil(leftMs / 1_000)} s later`);
  if (wanted.nowMs - receipt.signedAtMs > receiptAgeMsMax) throw refuse("receipt_old", "The receipt is more than an hour old: take a new one");
}
