/** What a start checks of a project before it says that it is ready, against a running one. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SCHEMA_VERSION } from "@/lib/supabase/schema-version";
import { checkProject } from "@/supabase/local/commands/project-check";
import { type OwnStack, ownStack } from "@/tests/support/own-stack";

let own: OwnStack;
beforeAll(async () => {
  own = await ownStack();
});
afterAll(() => own?.stop());

const environment = (changes: Record<string, string | boolean> = {}) => ({
  SUPABASE_URL: own.stack.apiUrl,
  SUPABASE_PUBLISHABLE_KEY: own.stack.publishableKey,
  SUPABASE_SECRET_KEY: own.stack.secretKey,
  ALLOW_NEWER_DATABASE: false,
  ...changes,
});

const refusal = async (changes: Record<string, string | boolean>) => {
  try {
    await checkProject(environment(changes));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error("it was not refused");
};

describe("the start on a named project", () => {
  it("takes a project that answers, with both keys and the migrations of the code", async () => {
    expect(await checkProject(environment())).toMatchObject({
      migration: SCHEMA_VERSION,
      switches: { rewards: true, mail: true },
    });
  });

  it("names the variable that is wrong", async () => {
    expect(await refusal({ SUPABASE_URL: "http://127.0.0.1:9999" })).toMatch(
      /^SUPABASE_URL: http:\/\/127\.0\.0\.1:9999 does not answer \(.*ECONNREFUSED/,
    );
    expect(await refusal({ SUPABASE_PUBLISHABLE_KEY: "sb_publishable_wrong" })).toMatch(
      /^SUPABASE_PUBLISHABLE_KEY: .* refuses this key/,
    );
    expect(await refusal({ SUPABASE_SECRET_KEY: "sb_secret_wrong" })).toMatch(
      /^SUPABASE_SECRET_KEY: .* refuses this key/,
    );
    // The right key of the wrong kind.
    expect(await refusal({ SUPABASE_SECRET_KEY: own.stack.publishableKey })).toMatch(
      /^SUPABASE_SECRET_KEY: .*Use the secret key/,
    );
  });

  it("refuses a database of another release, and takes a newer one when told to", async () => {
    await own.sql`
      insert into supabase_migrations.schema_migrations (version) values ('20991231000000')`;
    expect(await refusal({})).toContain("is newer than this code");
    expect(await checkProject(environment({ ALLOW_NEWER_DATABASE: true }))).toMatchObject({
      migration: "20991231000000",
    });
    await own.sql`delete from supabase_migrations.schema_migrations`;
    expect(await refusal({})).toContain("misses migrations");
  });
});
