import "server-only";
import type { Factor } from "@/lib/access/second-factor-service";
import { AppError } from "@/lib/errors";
import { visitorAuth } from "@/lib/http/request-session";
import { createServerClient } from "@/lib/supabase/clients";
import { secondFactorService } from "./services";

/** The authenticator apps of the person whose page is rendered; `isAvailable` false: none can be set up. */
export async function ownSecondFactors(): Promise<{ isAvailable: boolean; factors: Factor[] }> {
  try {
    const service = secondFactorService(createServerClient(), await visitorAuth(null));
    return { isAvailable: true, factors: await service.list() };
  } catch (error) {
    if (error instanceof AppError && error.code === "second_factor_unavailable") {
      return { isAvailable: false, factors: [] };
    }
    throw error;
  }
}
