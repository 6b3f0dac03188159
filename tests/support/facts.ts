import type { FraudEvidence } from "@/lib/fraud/fraud-rules";
import type { BillingSettings } from "@/lib/programme/billing-settings";
import type { ProgramTerms } from "@/lib/programme/terms";
import type { TimelineFriend } from "@/lib/referrals/timeline";
import type { CustomerBillingFacts } from "@/lib/rewards/build-invoices";
import type { AvailableReward } from "@/lib/rewards/schemas";

/** Terms of the programme, as the first version of a new installation has them. */
export const DEFAULT_TERMS: ProgramTerms = {
  version: 1,
  code_prefix: "REF",
  referrals_required: 2,
  qualifying_days: 30,
  paid_invoices_required: 1,
  suspension_grace_days: 7,
  activation_window_days: 30,
  reward_expiry_months: 12,
  monthly_referral_limit: 10,
  velocity_alert: 5,
  reward_cap_cents: null,
  reward_vat_treatment: "discount",
  promotion: "customers",
  attribution_days: 90,
  is_paused: false,
};

/** Zones with and without summer time, on both sides of UTC. */
export const TIME_ZONES = [
  "Africa/Johannesburg",
  "UTC",
  "America/New_York",
  "Europe/London",
] as const;

/** Also those where the day changes first and last, and summer time is half an hour. */
export const FAR_TIME_ZONES = [
  ...TIME_ZONES,
  "Pacific/Auckland",
  "Australia/Lord_Howe",
  "Pacific/Kiritimati",
  "Pacific/Apia",
  "Pacific/Pago_Pago",
  "America/St_Johns",
  "America/Havana",
  "Asia/Kathmandu",
] as const;

/** A uuid that sorts by its number. */
export const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;

export const billingSettings = (changes: Partial<BillingSettings> = {}): BillingSettings => ({
  currency: "ZAR",
  vat_bps: 1500,
  time_zone: "Africa/Johannesburg",
  invoice_prefix: "INV",
  payment_days: 14,
  completion_months: 12,
  brand_name: "Acme Fibre",
  support_email: "support@acme-fibre.example",
  seller: {
    name: "Acme Fibre (Pty) Ltd",
    address: ["1 Loop Street", "Cape Town", "8001"],
    vat_number: "4000000000",
    registration_number: null,
  },
  ...changes,
});

/** The fields of the programme's terms that an owner sets, as they are by default. */
const { version: _first, ...editable } = DEFAULT_TERMS;
export const TERMS = editable;

type ServiceFacts = CustomerBillingFacts["services"][number];

export const serviceFacts = (n: number, changes: Partial<ServiceFacts> = {}): ServiceFacts => ({
  service_id: id(n),
  package_name: "Fibre 100/50",
  price_cents: 79_900,
  activated_at: "2026-06-15T10:00:00Z",
  status: "active",
  ended_at: null,
  earlier_prices: [],
  suspensions: [],
  already_invoiced: false,
  ...changes,
});

export const reward = (n: number, changes: Partial<AvailableReward> = {}): AvailableReward => ({
  id: id(900 + n),
  expires_at: "2027-06-01T00:00:00Z",
  created_at: "2026-06-01T00:00:00Z",
  cap_cents: null,
  source: "earned",
  vat_treatment: "discount",
  ...changes,
});

export const customerFacts = (
  changes: Partial<CustomerBillingFacts> = {},
): CustomerBillingFacts => ({
  customer_id: id(1),
  used_free_month: false,
  dearest_invoiced_cents: 0,
  current_month_open: false,
  rewards: [],
  services: [serviceFacts(11)],
  asOf: new Date("2026-12-01T06:00:00Z"),
  ...changes,
});

type Parts = {
  [K in keyof FraudEvidence]?: FraudEvidence[K] extends unknown[] | undefined
    ? FraudEvidence[K]
    : FraudEvidence[K] extends object | undefined
      ? Partial<FraudEvidence[K]>
      : FraudEvidence[K];
};

type Friend = NonNullable<FraudEvidence["friends"]>[number];

/** Another friend of the referrer, whom nothing connects with the order. */
export const otherFriend = (n: number, changes: Partial<Friend> = {}): Friend => ({
  referral_id: id(n),
  email: `${["anna", "bongani", "carla", "dumisani", "emma", "fatima"][n % 6]}.${"kmprtz"[n % 6]}@gmail.com`,
  phone: null,
  address: null,
  ip_address: null,
  referred_at: "2026-09-01T10:00:00Z",
  ...changes,
});

/** An order that nobody could object to, with the given parts changed. */
export function fraudEvidence(changes: Parts = {}): FraudEvidence {
  return {
    referrer: {
      customer_id: id(1),
      email_normalised: "thandi@example.com",
      phone: "+27821110001",
      address_key: "8001|1|loop street|",
      has_active_service: true,
      has_stopped_service: false,
      overdue_invoices: 0,
      ip_addresses: ["192.0.2.1"],
      ...changes.referrer,
    },
    referred: {
      email: "lerato@example.com",
      email_normalised: "lerato@example.com",
      phone: "+27821110002",
      address_key: "8001|2|long street|",
      is_customer: false,
      was_referred: false,
      ip_address: "198.51.100.7",
      user_agent: "Mozilla/5.0",
      ...changes.referred,
    },
    counts: { this_month: 0, last_24h: 0, total: 0, ...changes.counts },
    matches: {
      same_address_referral_ids: [],
      same_phone_referral_ids: [],
      same_ip_referral_ids: [],
      same_device_referral_ids: [],
      ...changes.matches,
    },
    friends: changes.friends,
    elsewhere: changes.elsewhere && {
      phone_customer_ids: [],
      phone_referral_ids: [],
      addresses: [],
      served: [],
      ...changes.elsewhere,
    },
    returned: changes.returned,
    chain: changes.chain,
    visit: { visited_at: "2026-12-01T09:00:00Z", ...changes.visit },
    ordered_at: changes.ordered_at ?? "2026-12-01T10:00:00Z",
  };
}

/** What the frozen terms of a friend say by default: those of a new installation. */
export const FROZEN_TERMS = {
  referrals_required: 2,
  qualifying_days: 30,
  paid_invoices_required: 1,
  suspension_grace_days: 7,
};

/** A friend who ordered on 10 November 2026 and waits for the service. */
export const friendFacts = ({
  terms,
  ...changes
}: Partial<Omit<TimelineFriend, "terms">> & {
  terms?: Partial<TimelineFriend["terms"]>;
} = {}): TimelineFriend => ({
  referred_name: "Lerato M.",
  status: "pending",
  status_reason: null,
  referred_at: "2026-11-10T08:00:00Z",
  activation_due_at: "2026-12-10T08:00:00Z",
  activated_at: null,
  qualifies_at: null,
  qualified_at: null,
  expired_at: null,
  cancelled_at: null,
  reward_id: null,
  order_status: "pending",
  suspended_at: null,
  grace_ends_at: null,
  paid_invoices: 0,
  unpaid_due_on: null,
  terms: { ...FROZEN_TERMS, ...terms },
  ...changes,
});

/** A friend whose days began on 14 November and end on 14 December 2026, invoice paid. */
export const activeFriendFacts = (
  changes: Parameters<typeof friendFacts>[0] = {},
): TimelineFriend =>
  friendFacts({
    status: "active",
    order_status: "active",
    activated_at: "2026-11-14T08:00:00Z",
    qualifies_at: "2026-12-14T08:00:00Z",
    paid_invoices: 1,
    ...changes,
  });

/** A friend who counted on 14 December 2026. */
export const countedFriendFacts = (
  changes: Parameters<typeof friendFacts>[0] = {},
): TimelineFriend =>
  activeFriendFacts({
    status: "qualified",
    qualified_at: "2026-12-14T09:00:00Z",
    paid_invoices: 0,
    ...changes,
  });
