"use client";

import { useState } from "react";
import { useAction } from "@/components/admin/actions/use-action";
import { sendJson, sentenceOf } from "@/components/api-client";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { FailureMessage } from "@/components/ui/failure-message";
import type { Backtest } from "@/lib/fraud/backtest";
import {
  DEFAULT_FRAUD_SETTINGS,
  type FraudChanges,
  type FraudSettings,
  type FraudThresholds,
  type SignalSetting,
} from "@/lib/fraud/fraud-settings";
import { type FraudSignal, SIGNALS } from "@/lib/fraud/fraud-signals";
import { BacktestResult } from "./backtest-result";

const THRESHOLDS: Readonly<Record<keyof FraudThresholds, string>> = {
  address_reuse_days: "Days for which an address counts as served",
  shared_ip_days: "Days in which referrals from one network count",
  shared_ip_referrals: "Other referrals from one network",
  fast_order_seconds: "Seconds from visit to an unusually fast order",
  shared_domain_friends: "Friends at one private mail domain",
  steady_referrals: "Referrals looked at for an even pace",
  steady_variation: "Variation below which a pace is even (0.01 to 1)",
  refused_attempts_alert: "Refused uses in 24 hours that send an alert",
};

const names = Object.keys(SIGNALS) as FraudSignal[];
const fieldClass =
  "min-h-10 rounded-control border border-border-strong bg-surface-raised px-2 text-sm";

/** What differs from the defaults: only that is stored. */
function changesOf({ signals, thresholds }: FraudSettings): FraudChanges {
  const changed: FraudChanges = { signals: {}, thresholds: {} };
  for (const name of names) {
    const [own, usual] = [signals[name], DEFAULT_FRAUD_SETTINGS.signals[name]];
    if (JSON.stringify(own) !== JSON.stringify(usual)) changed.signals[name] = own;
  }
  for (const key of Object.keys(THRESHOLDS) as (keyof FraudThresholds)[]) {
    if (thresholds[key] !== DEFAULT_FRAUD_SETTINGS.thresholds[key]) {
      changed.thresholds[key] = thresholds[key];
    }
  }
  return changed;
}

export type FraudSettingsFormProps = FraudSettings & { version: number; currency: string };

/** Weights, effects and thresholds. A back test has to be seen before they can be saved. */
export function FraudSettingsForm({ version, currency, ...saved }: FraudSettingsFormProps) {
  const act = useAction();
  const [settings, setSettings] = useState<FraudSettings>({
    signals: saved.signals,
    thresholds: saved.thresholds,
  });
  const [tested, setTested] = useState<{ of: string; result: Backtest } | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [isTesting, setTesting] = useState(false);
  const changes = changesOf(settings);
  const text = JSON.stringify(changes);
  const isTested = tested?.of === text;

  function setSignal(name: FraudSignal, change: Partial<SignalSetting>) {
    setSettings((now) => ({
      ...now,
      signals: { ...now.signals, [name]: { ...now.signals[name], ...change } },
    }));
  }

  async function test() {
    setTesting(true);
    setFailure(null);
    const result = await sendJson("/api/admin/fraud-settings/backtest", {
      body: { settings: changes },
    });
    setTesting(false);
    if (result.ok) setTested({ of: text, result: result.data as Backtest });
    else setFailure(sentenceOf(result));
  }

  return (
    <>
      <Card padding="flush" aria-labelledby="signals-title">
        <CardHeader
          divided
          title="Signals"
          titleId="signals-title"
          description="A signal in shadow is recorded and has no effect. One that is off is not recorded."
        />
        <ul className="divide-y divide-border text-sm">
          {names.map((name) => {
            const { label } = SIGNALS[name];
            const { weight, severity, mode } = settings.signals[name];
            return (
              <li key={name} className="flex flex-wrap items-center gap-3 px-4 py-3 sm:px-6">
                <span className="min-w-48 flex-1">{label}</span>
                <input
                  type="number"
                  min={0}
                  max={100}
                  aria-label={`Weight of ${label}`}
                  className={`${fieldClass} w-20`}
                  value={weight}
                  onChange={(event) => setSignal(name, { weight: event.target.valueAsNumber || 0 })}
                />
                <select
                  aria-label={`Effect of ${label}`}
                  className={fieldClass}
                  value={severity}
                  onChange={(event) =>
                    setSignal(name, { severity: event.target.value === "hold" ? "hold" : "flag" })
                  }
                >
                  <option value="hold">Holds the reward</option>
                  <option value="flag">For information</option>
                </select>
                <select
                  aria-label={`Mode of ${label}`}
                  className={fieldClass}
                  value={mode}
                  onChange={(event) =>
                    setSignal(name, { mode: event.target.value as SignalSetting["mode"] })
                  }
                >
                  <option value="live">Live</option>
                  <option value="shadow">Shadow</option>
                  <option value="off">Off</option>
                </select>
              </li>
            );
          })}
        </ul>
      </Card>
      <Card padding="flush" aria-labelledby="thresholds-title">
        <CardHeader divided title="Thresholds" titleId="thresholds-title" />
        <ul className="divide-y divide-border text-sm">
          {(Object.keys(THRESHOLDS) as (keyof FraudThresholds)[]).map((key) => (
            <li key={key}>
              <label className="flex flex-wrap items-center gap-3 px-4 py-3 sm:px-6">
                <span className="min-w-48 flex-1">{THRESHOLDS[key]}</span>
                <input
                  type="number"
                  step={key === "steady_variation" ? 0.01 : 1}
                  className={`${fieldClass} w-24`}
                  value={settings.thresholds[key]}
                  onChange={(event) =>
                    setSettings((now) => ({
                      ...now,
                      thresholds: { ...now.thresholds, [key]: event.target.valueAsNumber || 0 },
                    }))
                  }
                />
              </label>
            </li>
          ))}
        </ul>
      </Card>
      <FailureMessage message={failure} />
      <div className="flex flex-wrap gap-2">
        <Button onClick={test} loading={isTesting} loadingLabel="Judging 90 days">
          Show what would change
        </Button>
        {isTested ? (
          <ReasonDialog
            trigger={<Button variant="primary">Save</Button>}
            title="Save the fraud settings"
            description="They count for orders from now on. Flags that exist stay as they are."
            confirmLabel="Save"
            pendingLabel="Saving"
            onConfirm={(reason) =>
              act({
                path: "/api/admin/fraud-settings",
                method: "PUT",
                body: { settings: changes, reason, expected_version: version },
                done: "Fraud settings saved",
              })
            }
          />
        ) : null}
      </div>
      {isTested && tested ? <BacktestResult result={tested.result} currency={currency} /> : null}
    </>
  );
}
