/**
 * What a string of a file is for, where it is for more than a name or a word. `target`: a URL that is dialled.
 * `listen`: an address to listen at. `secret`: names a secret. `text`: for people, or passed on as it is; nobody dials
 * or reads what it names.
 */
export type StringUse = "target" | "listen" | "secret" | "text";
