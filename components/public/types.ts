import { inWords } from "@/lib/words";

/** A package as the public pages show it. */
export type PublicPackage = {
  slug: string;
  name: string;
  description: string;
  /** Integer cents per calendar month, VAT included. */
  monthly_price_cents: number;
  download_mbps: number;
  upload_mbps: number;
};

/** The terms that the public pages talk about; counts, days and months. */
export type PublicTerms = {
  referrals_required: number;
  qualifying_days: number;
  reward_expiry_months: number;
  /** Ceiling of one free month in cents; none when null or absent. */
  reward_cap_cents?: number | null;
};

/** A count with its noun, e.g. "one friend", "two friends". */
export function counted(count: number, one: string, many: string): string {
  return `${inWords(count)} ${count === 1 ? one : many}`;
}

/** "for every friend", "for every two friends". */
export function everyFriend(count: number): string {
  return count === 1 ? "every friend" : `every ${inWords(count)} friends`;
}
