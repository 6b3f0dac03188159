import { z } from "zod";
import {
  ADDRESS_REUSE_DAYS,
  FAST_ORDER_SECONDS,
  type FraudSignal,
  GATHERED_DAYS,
  SHARED_DOMAIN_FRIENDS,
  SHARED_IP_DAYS,
  SHARED_IP_REFERRALS,
  SIGNALS,
  STEADY_REFERRALS,
  STEADY_VARIATION,
  severitySchema,
} from "./fraud-signals";

/**
 * What an owner can tune: the weight and the effect of each signal, and the thresholds of the
 * rules. A version in the database holds only what differs from the defaults of this file.
 */

/** Live signals act. A signal in shadow is recorded and has no effect. One that is off is dropped. */
const signalModeSchema = z.enum(["live", "shadow", "off"]);
type SignalMode = z.infer<typeof signalModeSchema>;

const signalChangeSchema = z
  .object({
    /** 0 to 100. */
    weight: z.number().int().min(0).max(100),
    severity: severitySchema,
    mode: signalModeSchema,
  })
  .partial()
  .strict();

const days = z.number().int().min(1).max(GATHERED_DAYS);
const thresholdsSchema = z
  .object({
    /** Days after its last day of service in which an address counts as recently served. */
    address_reuse_days: days,
    /** Days in which referrals from one network count. */
    shared_ip_days: days,
    /** Other referrals from one network from which on they are a signal. */
    shared_ip_referrals: z.number().int().min(1).max(50),
    /** Seconds after the visit within which an order is unusually fast. */
    fast_order_seconds: z.number().int().min(1).max(3600),
    /** Friends at one private mail domain from which on it is a signal. */
    shared_domain_friends: z.number().int().min(2).max(50),
    /** Referrals in a row that are looked at for an even pace. */
    steady_referrals: z.number().int().min(4).max(50),
    /** Standard deviation of the gaps over their mean, below which a pace is even. */
    steady_variation: z.number().min(0.01).max(1),
    /** Refused uses of one referrer's code within 24 hours from which on the admins get a mail. */
    refused_attempts_alert: z.number().int().min(2).max(1000),
  })
  .strict();
export type FraudThresholds = z.infer<typeof thresholdsSchema>;

const names = Object.keys(SIGNALS) as FraudSignal[];
export const fraudChangesSchema = z
  .object({
    signals: z.partialRecord(z.enum(names), signalChangeSchema).default({}),
    thresholds: thresholdsSchema.partial().default({}),
  })
  .strict();
export type FraudChanges = z.infer<typeof fraudChangesSchema>;

export interface SignalSetting {
  weight: number;
  severity: "flag" | "hold";
  mode: SignalMode;
}

export interface FraudSettings {
  signals: Readonly<Record<FraudSignal, SignalSetting>>;
  thresholds: Readonly<FraudThresholds>;
}

/** The settings that a version stands for: its changes over the defaults. */
export function fraudSettingsOf(changes: FraudChanges): FraudSettings {
  const signals = Object.fromEntries(
    names.map((name) => {
      const { weight, severity } = SIGNALS[name];
      return [name, { weight, severity, mode: "live", ...changes.signals[name] }];
    }),
  ) as Record<FraudSignal, SignalSetting>;
  return {
    signals,
    thresholds: {
      address_reuse_days: ADDRESS_REUSE_DAYS,
      shared_ip_days: SHARED_IP_DAYS,
      shared_ip_referrals: SHARED_IP_REFERRALS,
      fast_order_seconds: FAST_ORDER_SECONDS,
      shared_domain_friends: SHARED_DOMAIN_FRIENDS,
      steady_referrals: STEADY_REFERRALS,
      steady_variation: STEADY_VARIATION,
      refused_attempts_alert: 5,
      ...changes.thresholds,
    },
  };
}

/** The settings of a new installation. */
export const DEFAULT_FRAUD_SETTINGS: FraudSettings = fraudSettingsOf({
  signals: {},
  thresholds: {},
});

const stored = z.object({
  version: z.number().int().min(1),
  settings: z.object({
    signals: z.record(z.string(), z.unknown()).default({}),
    thresholds: z.record(z.string(), z.unknown()).default({}),
  }),
});

/**
 * A version of the settings as the database keeps it. What this release does not know (a signal of
 * a later one) is left out, so that orders go on.
 */
export const fraudSettingsVersionSchema = stored.transform(({ version, settings }) => {
  const signals = names.flatMap((name) => {
    const change = signalChangeSchema.safeParse(settings.signals[name]);
    return change.success ? [[name, change.data] as const] : [];
  });
  const thresholds = Object.entries(thresholdsSchema.shape).flatMap(([name, schema]) => {
    const value = schema.safeParse(settings.thresholds[name]);
    return value.success ? [[name, value.data] as const] : [];
  });
  const changes: FraudChanges = {
    signals: Object.fromEntries(signals),
    thresholds: Object.fromEntries(thresholds),
  };
  return { version, changes, ...fraudSettingsOf(changes) };
});
