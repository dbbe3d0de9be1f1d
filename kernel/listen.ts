/**
 * How many connections the kernel may hold for a listener that has not accepted them yet. Every listener of the product
 * passes it: with Node's own 511 a burst of 2,000 clients loses SYNs, and each lost one is sent again after a second.
 * The same as Linux's default limit (net.core.somaxconn since 5.4), which is also what Go's listeners ask for; the
 * system cuts it to its own limit.
 */
export const listenBacklog = 4096;
