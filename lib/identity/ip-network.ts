/** The eight groups of an IPv6 address, or null. Reads `::` and a dotted IPv4 tail. */
function groupsOf(text: string): number[] | null {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const plain = dotted
    ? `${dotted[1]}${((Number(dotted[2]) << 8) | Number(dotted[3])).toString(16)}:${(
        (Number(dotted[4]) << 8) | Number(dotted[5])
      ).toString(16)}`
    : text;
  const halves = plain.split("::");
  if (halves.length > 2) return null;
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...Array.from({ length: missing }, () => "0"), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return null;
  return groups.map((group) => Number.parseInt(group, 16));
}

/**
 * The network that stands for one connection: an IPv4 address itself, and of an IPv6 address its
 * first 64 bits (`2001:db8:1:2::/64`), because a device changes the rest at will. An IPv4 address
 * that is written as IPv6 is that IPv4 address. Anything else is returned as it is.
 */
export function ipNetwork(ip: string): string {
  const text = ip.trim().toLowerCase().replace(/%.*$/, "");
  if (!text.includes(":")) return text;
  const groups = groupsOf(text);
  if (groups === null) return text;
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    const [high = 0, low = 0] = groups.slice(6);
    return [high >> 8, high & 255, low >> 8, low & 255].join(".");
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(":")}::/64`;
}
