import { describe, expect, it } from "vitest";
import { chosenPeriod } from "@/app/(admin)/admin/(overview)/chosen-period";

const TODAY = "2026-12-01";

describe("the period in the address of the overview", () => {
  it.each([
    [{}, { days: 30 }],
    [{ days: "7" }, { days: 7 }],
    [{ days: "730" }, { days: 730 }],
    [
      { from: "2026-11-01", to: "2026-11-30" },
      { from: "2026-11-01", to: "2026-11-30" },
    ],
    [
      { from: "2026-11-01", to: "2027-01-30" },
      { from: "2026-11-01", to: TODAY },
    ],
  ])("%j is shown as it stands", (address, period) => {
    expect(chosenPeriod(address, TODAY)).toEqual({ period, compare: "previous", notes: [] });
  });

  it.each([
    { days: "0" },
    { days: "731" },
    { days: "1.5" },
    { days: "abc" },
    { from: "2026-11-30", to: "2026-11-01" },
    { from: "2026-11-01" },
    { from: "2026-02-30", to: "2026-03-01" },
    { from: "2026-12-02", to: "2026-12-03" },
    // More days than the figures can be asked for.
    { from: "2016-01-01", to: "2026-11-30" },
  ])("%j shows 30 days and says why", (address) => {
    const { period, notes } = chosenPeriod(address, TODAY);
    expect(period).toEqual({ days: 30 });
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain("The last 30 days are shown.");
  });

  it("keeps a known comparison, and names an unknown one", () => {
    expect(chosenPeriod({ days: "7", compare: "year" }, TODAY)).toMatchObject({
      period: { days: 7 },
      compare: "year",
      notes: [],
    });
    const { compare, notes } = chosenPeriod({ compare: "decade" }, TODAY);
    expect(compare).toBe("previous");
    expect(notes).toHaveLength(1);
  });
});
