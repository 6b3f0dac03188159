import { describe, expect, it } from "vitest";
import { draftOf, fieldName, readDraft } from "@/components/admin/launch/launch-draft";
import { attentionWords } from "@/components/admin/shell/attention-words";
import { figureText } from "@/lib/admin/launch-words";

const STAGE = {
  codes: 100,
  referrals: 40,
  active: 10,
  earned: 0,
  applied: 0,
  fraud_bps: 550,
  p95_ms: 200,
  satisfaction_hundredths: 405,
};
const TARGETS = { week_1: STAGE, month_1: { ...STAGE, fraud_bps: 500 } };

describe("launch targets, as people type them", () => {
  it("are read as they were written, in percent and marks", () => {
    const draft = draftOf(TARGETS);
    expect(draft[fieldName("week_1", "fraud_bps")]).toBe("5.5");
    expect(draft[fieldName("month_1", "fraud_bps")]).toBe("5");
    expect(draft[fieldName("week_1", "satisfaction_hundredths")]).toBe("4.05");
    expect(readDraft(draft)).toEqual({ targets: TARGETS, errors: null });
  });

  it.each([
    ["fraud_bps", "5,25", 525],
    ["satisfaction_hundredths", " 4 ", 400],
    ["codes", "0", 0],
  ] as const)("%s takes %s", (measure, typed, value) => {
    const read = readDraft({ ...draftOf(TARGETS), [fieldName("week_1", measure)]: typed });
    expect(read.targets?.week_1[measure]).toBe(value);
  });

  it.each([
    ["fraud_bps", "101"],
    ["fraud_bps", "5.555"],
    ["satisfaction_hundredths", "0.5"],
    ["codes", "-1"],
    ["codes", "1e3"],
    ["referrals", ""],
    ["p95_ms", "0"],
  ] as const)("%s refuses %s, beside its field", (measure, typed) => {
    const name = fieldName("month_1", measure);
    const read = readDraft({ ...draftOf(TARGETS), [name]: typed });
    expect(read.targets).toBeNull();
    expect(Object.keys(read.errors ?? {})).toEqual([name]);
  });

  it.each([
    ["fraud_bps", 505, "5.1 %"],
    ["p95_ms", 117, "117 ms"],
    ["satisfaction_hundredths", 430, "4.30"],
    ["codes", 12, "12"],
    ["codes", null, "–"],
  ] as const)("%s of %s is shown as %s", (measure, value, shown) => {
    expect(figureText(measure, value)).toBe(shown);
  });
});

describe("the banner", () => {
  const words = (kind: Parameters<typeof attentionWords>[0]["kind"], count: number | null = null) =>
    attentionWords(
      {
        kind,
        count,
        since: "2026-12-01T08:00:00Z",
        job: kind === "job_late" ? "billing" : null,
        reason: null,
        cause: kind === "mail_outage" ? "refused" : null,
      },
      "Africa/Johannesburg",
    );

  it("says how many, since when in the billing zone, and where it is dealt with", () => {
    expect(words("unbilled", 1)).toMatchObject({ title: "1 month of a service is not billed" });
    expect(words("unbilled", 3)).toMatchObject({
      title: "3 months of services are not billed",
      link: { href: "/admin/billing/unbilled" },
    });
    expect(words("mail_captured")).toMatchObject({
      title: "Mails are only captured",
      link: { href: "/admin/mailbox?status=captured" },
    });
    expect(words("mail_outage", 2).text).toBe(
      "It refuses our key or our sender. 2 mails wait since 1 Dec 2026, 10:00. Nothing is lost: it is tried again each minute.",
    );
    expect(words("job_late").title).toBe("The job billing is late");
    expect(words("job_late").text).toContain("10:00");
    expect(words("mails_failed", 1).title).toBe("1 mail was given up");
    expect(words("mail_held").link).toMatchObject({ permission: "program:manage" });
    expect(words("violations", 2).title).toBe("The check found 2 violations");
  });
});
