import { describe, expect, it } from "vitest";
import { passwordWeakness } from "@/lib/identity/password";
import { passwordSchema } from "@/lib/identity/schemas";

describe("a password", () => {
  it.each([
    ["password1", /list of common passwords/],
    ["Passw0rd!", /list of common passwords/],
    ["12345678", /list of common passwords/],
    ["aaaaaaaaaaaa", /repeats or counts up/],
    ["abcdefghijkl", /repeats or counts up/],
    ["zxcvfrt", /row of keys/],
    ["xq7", /easy to guess/],
    ["thandi1985", /your name/],
  ])("%s is refused, and told why", async (password, why) => {
    expect(await passwordWeakness(password, ["thandi@example.test", "Thandi Nkosi"])).toMatch(why);
  });

  it.each(["correct horse battery", "tafel berg wolk sewe", "kD8#vq2Lw9"])(
    "%s is taken",
    async (password) => {
      expect(await passwordWeakness(password, ["thandi@example.test"])).toBeNull();
    },
  );

  it("has at most 72 bytes", () => {
    expect(passwordSchema.safeParse("x".repeat(72)).success).toBe(true);
    expect(passwordSchema.safeParse("x".repeat(73)).success).toBe(false);
    expect(passwordSchema.safeParse("é".repeat(37)).success).toBe(false);
  });
});
