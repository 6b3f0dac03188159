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
