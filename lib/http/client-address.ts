import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/**
 * The name of the header in which our own entry server writes the peer's socket address. It is
 * random per process, so that no client can send it. It is unset behind a foreign host.
 */
export const SOCKET_HEADER_VARIABLE = "SOCKET_ADDRESS_HEADER";

/** The address in canonical notation, without a zone. Null when the text is no address. */
function canonical(text: string): string | null {
  const bare = text
    .trim()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/%.*$/, "");
  // The library also reads "1" and "0x7f.1" as addresses, so the system's check comes first.
  return isIP(bare) === 0 ? null : ipaddr.process(bare).toString();
}

/**
 * The client's address: the hop that the outermost trusted proxy saw. Everything to the left of it
 * in `X-Forwarded-For` was written by the client and is ignored.
 *
 * @param trustedHops how many proxies of ours stand in front (0 = clients connect directly).
 * @returns the IP address in canonical notation (an IPv4 address never in the form of IPv6), or
 *   null when there is none to trust.
 */
export function clientAddress(headers: Headers, trustedHops: number): string | null {
  const forwarded = (headers.get("x-forwarded-for") ?? "")
    .split(",")
    .filter((part) => part.trim() !== "");
  const socketHeader = process.env[SOCKET_HEADER_VARIABLE];
  const socket = socketHeader ? (headers.get(socketHeader) ?? "") : "";
  // Without our entry server, the host's own proxy wrote the last entry of the list.
  const chain = socket || trustedHops > 0 ? [...forwarded, socket] : forwarded.slice(-1);
  const address = socket || trustedHops > 0 ? chain[chain.length - 1 - trustedHops] : chain[0];
  return address ? canonical(address) : null;
}

/**
 * What counts as one client where requests are counted: an IPv4 address, or the /64 network of an
 * IPv6 address. One connection has 2^64 addresses of that network and can change them at will.
 *
 * @param address an IP address, as `clientAddress` gives it.
 */
export function clientNetwork(address: string): string {
  const plain = canonical(address);
  if (plain === null || isIP(plain) === 4) return plain ?? address;
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${plain}/64`)}/64`;
}
