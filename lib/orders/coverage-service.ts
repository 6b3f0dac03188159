import { z } from "zod";
import type { Clock } from "@/lib/clock";
import { findReferralCode } from "@/lib/referrals/referral-code";
import type { ServerClient } from "@/lib/supabase/clients";
import { callRpc } from "@/lib/supabase/rpc";
import {
  type Area,
  areaSchema,
  type CoverageImport,
  coverageCheckSchema,
  coverageImportSchema,
  type Wait,
  waitingSchema,
} from "./coverage";
import type { ListedArea } from "./coverage-file";

/** The provider's list of suburbs, and the people who wait for one of them to open. */
export class CoverageService {
  constructor(private readonly deps: { server: ServerClient; clock: Clock }) {}

  /** Listed suburbs whose name starts with the text, or that have it as their postal code. */
  async findAreas(text: string): Promise<Area[]> {
    if (text.trim() === "") return [];
    return callRpc(
      this.deps.server,
      "find_coverage_areas",
      { p_q: text.trim() },
      z.array(areaSchema),
    );
  }

  /** Whether homes of a suburb and postal code can be connected. @throws AppError `unavailable` */
  async check(place: { suburb?: string | undefined; postal_code: string }) {
    return callRpc(
      this.deps.server,
      "check_coverage",
      { p_suburb: place.suburb ?? "", p_postal_code: place.postal_code },
      coverageCheckSchema,
    );
  }

  /**
   * Keeps who wants a mail when their area opens, once per address and area, with the invitation
   * that they came with.
   *
   * @returns `waiting` false when the area can be connected already.
   */
  async wait(wait: Wait, packageSlug: string, typedCode: string | null) {
    return callRpc(
      this.deps.server,
      "wait_for_coverage",
      {
        p_wait: {
          ...wait,
          package_slug: packageSlug,
          referral_code: typedCode && findReferralCode(typedCode),
        },
        p_as_of: this.deps.clock().toISOString(),
      },
      waitingSchema,
    );
  }

  /**
   * Replaces the list, and queues the mails to everybody whose area has opened. A dry run changes
   * nothing and counts the same.
   */
  async replaceList(
    areas: readonly ListedArea[],
    { dryRun }: { dryRun: boolean },
  ): Promise<CoverageImport> {
    return callRpc(
      this.deps.server,
      "import_coverage",
      {
        p_areas: areas.map((area) => ({ ...area })),
        p_dry_run: dryRun,
        p_as_of: this.deps.clock().toISOString(),
      },
      coverageImportSchema,
    );
  }
}
