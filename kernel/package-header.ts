/** The answer's header that names the configuration package it was made under: `version@hash`. */
export const packageHeader = "x-blastlab-package";
