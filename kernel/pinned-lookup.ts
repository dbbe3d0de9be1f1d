/** Addresses by host name, as they were when somebody judged the name. */
export type Pins = Readonly<Record<string, readonly string[]>>;

type Address = { readonly address: string; readonly family: number };
type Callback = (error: Error | null, address: string | Address[], family?: number) => void;
type Lookup = (hostname: string, options: { readonly all?: boolean | undefined }, callback: Callback) => void;

/**
 * The `lookup` of `net.connect` for names that were resolved and judged before: an address that was judged is dialled,
 * whatever the name means by now. Every other name fails as unknown. Addresses are not looked up, and so pass.
 * `services` looks up the services of a network of the process's own (own-network.ts); their names have no dot.
 */
export function pinnedLookup(pins: Pins, services: Lookup | null = null): Lookup {
  return (hostname, options, callback) => {
    const { all = false } = options;
    if (services !== null && /^[a-z0-9-]+$/.test(hostname) && hostname !== "localhost") return services(hostname, options, callback);
    const addresses = (Object.hasOwn(pins, hostname) ? pins[hostname]! : []).map((address): Address => ({ address, family: address.includes(":") ? 6 : 4 }));
    const [first] = addresses;
    if (first === undefined) return callback(Object.assign(new Error(`The lab does not look up ${hostname}: nobody has judged where it leads`), { code: "ENOTFOUND" }), "");
    if (all) callback(null, addresses);
    else callback(null, first.address, first.family);
  };
}
