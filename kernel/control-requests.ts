/** Request ids of a control plane's own questions begin with this: they are in the providers' logs and in no client's records. */
export const controlRequestPrefix = "control-plane-";
