/**
 * The answer's header that names the configuration it was made under: `version@hash`, with version 0 for the gateway's
 * own file.
 */
export const packageHeader = "x-blastlab-package";
