import { isIP } from "node:net";

/**
 * The name of the header in which our own entry server writes the peer's socket address. It is
 * random per process, so that no client can send it; unset behind a foreign host.
 */
export const SOCKET_HEADER_VARIABLE = "SOCKET_ADDRESS_HEADER";

const plain = (address: string) =>
  address
    .trim()
    .replace(/^::ffff:(?=\d+\.)/i, "")
    .replace(/^\[(.*)\]$/, "$1");

/**
 * The client's address: the hop that the outermost trusted proxy saw. Everything to the left of it
 * in `X-Forwarded-For` was written by the client and is ignored.
 *
 * @param trustedHops how many proxies of ours stand in front (0 = clients connect directly).
 * @returns an IP address, or null when there is none to trust.
 */
export function clientAddress(headers: Headers, trustedHops: number): string | null {
  const forwarded = (headers.get("x-forwarded-for") ?? "")
    .split(",")
    .map(plain)
    .filter((part) => part !== "");
  const socketHeader = process.env[SOCKET_HEADER_VARIABLE];
  const socket = socketHeader ? plain(headers.get(socketHeader) ?? "") : "";
  // Without our entry server the list's last entry was written by the host's own proxy.
  const chain = socket || trustedHops > 0 ? [...forwarded, socket] : forwarded.slice(-1);
  const address = socket || trustedHops > 0 ? chain[chain.length - 1 - trustedHops] : chain[0];
  return address && isIP(address) ? address : null;
}

/** The eight groups of an IPv6 address, as hexadecimal without leading zeros. */
function groupsOf(address: string): string[] {
  // A URL's host is written in one canonical form; a zone is no part of an address.
  const { hostname } = new URL(`http://[${address.replace(/%.*$/, "")}]`);
  const [before = "", after = ""] = hostname.slice(1, -1).split("::");
  const [left, right] = [before, after].map((part) => part.split(":").filter((group) => group));
  const [head, tail] = [left ?? [], right ?? []];
  return [...head, ...Array<string>(8 - head.length - tail.length).fill("0"), ...tail];
}

/**
 * What counts as one client where requests are counted: an IPv4 address, or the /64 of an IPv6
 * address, because one connection has 2^64 of those and can change them at will.
 *
 * @param address an IP address, as `clientAddress` gives it.
 */
export function clientNetwork(address: string): string {
  if (isIP(address) !== 6) return address;
  const groups = groupsOf(address);
  // An IPv4 address in the form of IPv6 (::ffff:0:0/96): all of them are in one /64.
  if (groups.slice(0, 6).join(":") === "0:0:0:0:0:ffff") {
    const bytes = groups.slice(6).flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >> 8, value & 0xff];
    });
    return bytes.join(".");
  }
  return `${groups.slice(0, 4).join(":")}::/64`;
}
