import { afterEach, describe, expect, test } from "vitest";
import { clientAddress, clientNetwork, SOCKET_HEADER_VARIABLE } from "@/lib/http/client-address";

const HEADER = "x-socket-0123456789";

afterEach(() => {
  delete process.env[SOCKET_HEADER_VARIABLE];
});

const headers = (forwarded: string | null, socket: string | null) => {
  const made = new Headers();
  if (forwarded !== null) made.set("x-forwarded-for", forwarded);
  if (socket !== null) made.set(HEADER, socket);
  return made;
};

const CLIENT = "198.51.100.7";
const SPOOFED = "203.0.113.99";
const OUTER = "192.0.2.10";
const INNER = "192.0.2.20";

describe("behind our own entry server, which names the peer", () => {
  test.each([
    // hops, X-Forwarded-For, peer, client
    [0, null, CLIENT, CLIENT],
    [0, SPOOFED, CLIENT, CLIENT],
    [0, `${SPOOFED}, ${SPOOFED}`, CLIENT, CLIENT],
    [1, CLIENT, OUTER, CLIENT],
    [1, `${SPOOFED}, ${CLIENT}`, OUTER, CLIENT],
    [1, `${SPOOFED},${SPOOFED} , ${CLIENT}`, OUTER, CLIENT],
    [2, `${CLIENT}, ${OUTER}`, INNER, CLIENT],
    [2, `${SPOOFED}, ${CLIENT}, ${OUTER}`, INNER, CLIENT],
    [0, null, `::ffff:${CLIENT}`, CLIENT],
    [0, null, "::FFFF:C633:6407", CLIENT],
    [0, null, "2001:db8::7", "2001:db8::7"],
    // One address is one text, so that addresses can be compared.
    [0, null, "2001:0DB8:0:0:0:0:0:7", "2001:db8::7"],
    [0, null, "fe80::7%eth0", "fe80::7"],
    // Notations that only some programs read as addresses.
    [0, null, "1", null],
    [0, null, "0x7f.1", null],
    [0, null, "0177.0.0.1", null],
    [1, "[2001:db8::7]", OUTER, "2001:db8::7"],
    // Fewer hops than trusted: nothing there was written by a proxy of ours.
    [1, null, CLIENT, null],
    [2, CLIENT, OUTER, null],
    [1, "unknown", OUTER, null],
    [1, `${CLIENT}, not an address`, OUTER, null],
  ])("%i trusted proxies, forwarded %s, peer %s: %s", (hops, forwarded, peer, expected) => {
    process.env[SOCKET_HEADER_VARIABLE] = HEADER;
    expect(clientAddress(headers(forwarded, peer), hops)).toBe(expected);
  });

  test("a client cannot name the header, because it does not know it", () => {
    process.env[SOCKET_HEADER_VARIABLE] = "x-socket-another";
    const spoofing = headers(null, SPOOFED);
    spoofing.set("x-socket-another", CLIENT);
    expect(clientAddress(spoofing, 0)).toBe(CLIENT);
  });
});

describe("behind a host's own proxy, which writes the last entry", () => {
  test.each([
    [0, CLIENT, CLIENT],
    [0, `${SPOOFED}, ${CLIENT}`, CLIENT],
    [0, null, null],
    [0, "", null],
    [0, "rubbish", null],
    [1, CLIENT, CLIENT],
    [1, `${SPOOFED}, ${CLIENT}`, CLIENT],
    [2, `${SPOOFED}, ${CLIENT}, ${OUTER}`, CLIENT],
    [2, CLIENT, null],
  ])("%i trusted proxies, forwarded %s: %s", (hops, forwarded, expected) => {
    expect(clientAddress(headers(forwarded, null), hops)).toBe(expected);
  });
});

describe("one client, where requests are counted", () => {
  test.each([
    [CLIENT, CLIENT],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:0002:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::", "2001:db8:1:2::/64"],
    ["2001:db8::7", "2001:db8::/64"],
    ["2001:db8:0:1::7", "2001:db8:0:1::/64"],
    ["::1", "::/64"],
    ["::", "::/64"],
    ["fe80::1%eth0", "fe80::/64"],
    // Two IPv4 clients are two, however they are written.
    ["::ffff:c633:6407", CLIENT],
    ["::ffff:198.51.100.7", CLIENT],
  ])("%s counts as %s", (address, expected) => {
    expect(clientNetwork(address)).toBe(expected);
  });
});
