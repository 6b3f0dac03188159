import { describe, expect, it } from "vitest";
import { AccountService } from "@/lib/account/account-service";
import { systemClock } from "@/lib/clock";
import { ReferralService } from "@/lib/referrals/referral-service";
import { FreeMonthCalculator } from "@/lib/rewards/free-month-calculator";
import type { CallerClient, ServerClient, Supabase } from "@/lib/supabase/clients";
import { checkHealth } from "@/lib/supabase/maintenance";

const deps = { clock: systemClock, siteUrl: "https://fibre.example", rewardsEnabled: true };

/** Never called: the compiler reads it, and an expected error that is none fails the type check. */
function refused(server: ServerClient, caller: CallerClient, unknown: Supabase) {
  // @ts-expect-error a caller's client is not the server's
  new FreeMonthCalculator({ ...deps, client: caller });
  // @ts-expect-error a client of unknown rights is not the server's
  new FreeMonthCalculator({ ...deps, client: unknown });
  // @ts-expect-error a caller's client is not the server's
  void checkHealth(caller);
  // @ts-expect-error the server's client is not a caller's
  new AccountService({ ...deps, client: server });
  // @ts-expect-error a client of unknown rights is not a caller's
  new AccountService({ ...deps, client: unknown });

  const ofServer = new ReferralService({ ...deps, client: server });
  const ofCaller = new ReferralService({ ...deps, client: caller });
  // @ts-expect-error the server has no code of its own
  void ofServer.getOrCreateReferralCode();
  // @ts-expect-error only an admin's own client activates an order
  void ofServer.activateReferral("id");
  // @ts-expect-error a caller does not grant
  void ofCaller.checkAndGrantReward("id");
  // @ts-expect-error a caller does not look codes up past row level security
  void ofCaller.validateReferralCode("code");
  // @ts-expect-error one service is not given where the other is needed
  const wrong: ReferralService<ServerClient> = ofCaller;
  return wrong;
}

describe("the rights of a client", () => {
  it("are part of its type: what needs the server's client cannot be given a caller's", () => {
    // The guarantee is that this file compiles (`npm run typecheck`).
    expect(refused).toBeTypeOf("function");
  });
});
