/**
 * The environment variables by which the processes of one region know its keys. The lab makes the keys of each region
 * anew for each run; only the variables are in files.
 */
export const regionVariables = {
  /** Data planes follow their control plane with it. */
  controlPlane: "BLASTLAB_CONTROL_PLANE_KEY",
  /** Whoever pushes, rolls back and sets identities. */
  controlOperator: "BLASTLAB_CONTROL_OPERATOR_KEY",
  /** Encrypts the key by which the control plane signs receipts. */
  controlFolder: "BLASTLAB_CONTROL_FOLDER_KEY",
  /** Data planes take leases with it. */
  vaultPlane: "BLASTLAB_VAULT_PLANE_KEY",
  /** Whoever seals, unseals, puts, rotates and revokes. */
  vaultOperator: "BLASTLAB_VAULT_OPERATOR_KEY",
  /** Over all secrets of the vault. */
  vaultMaster: "BLASTLAB_VAULT_MASTER_KEY",
  /** Wraps the leases on the disks of the region. */
  regional: "BLASTLAB_REGIONAL_KEY",
} as const;

/** What a key of a region is for. */
export type RegionKey = keyof typeof regionVariables;

/** The reference by which a file names a key. */
export const keyReference = (key: RegionKey): string => `env:${regionVariables[key]}`;
