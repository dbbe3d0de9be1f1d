/** Why a command was not carried out; nothing was changed by it. */
export class ControlRefusal extends Error {
  override readonly name = "ControlRefusal";
  readonly code: string;
  /** Whether the same command with force would have passed this. */
  readonly forcible: boolean;

  constructor(code: string, message: string, { forcible = false } = {}) {
    super(message);
    this.code = code;
    this.forcible = forcible;
  }
}
