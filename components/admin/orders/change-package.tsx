"use client";

import { useRef, useState } from "react";
import { ActEffect } from "@/components/admin/actions/act-effect";
import { useAction } from "@/components/admin/actions/use-action";
import { Field } from "@/components/forms/field";
import { ReasonDialog } from "@/components/forms/reason-dialog";
import { Select } from "@/components/forms/select";
import { useTypedDraft } from "@/components/forms/typed-draft";
import { DescriptionList } from "@/components/ui/description-list";
import { DateText, Money } from "@/components/ui/text";
import type { ChangedPackage } from "@/lib/admin/order-schemas";
import { formatDate } from "@/lib/dates";
import { formatMoney } from "@/lib/money";
import { otherPackages, type PackageChoice, type ServiceOfOrder } from "./package-choices";

export type ChangePackageProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  customerName: string;
  service: ServiceOfOrder;
  packages: readonly PackageChoice[];
  /** ISO 4217. */
  currency: string;
  /** IANA zone in which dates are shown. */
  timeZone: string;
};

/** The name under which the dialog keeps what is typed. */
export const packageDraft = (serviceId: string): string => `package ${serviceId}`;

/** Moves a service to another package, and says on which day package and price take effect. */
export function ChangePackage({
  open,
  onOpenChange,
  customerName,
  service,
  packages,
  currency,
  timeZone,
}: ChangePackageProps) {
  const act = useAction();
  const select = useRef<HTMLSelectElement>(null);
  const draftKey = packageDraft(service.id);
  const [slug, setSlug] = useTypedDraft(draftKey, "package_slug");
  const [error, setError] = useState<string | null>(null);
  const choices = otherPackages(packages, service);
  const chosen = choices.find((choice) => choice.slug === slug);

  function checkFields(): boolean {
    setError(chosen ? null : "Please choose a package.");
    if (!chosen) select.current?.focus();
    return chosen !== undefined;
  }

  function changeOpen(next: boolean) {
    if (!next) setError(null);
    onOpenChange(next);
  }

  return (
    <ReasonDialog
      open={open}
      onOpenChange={changeOpen}
      draftKey={draftKey}
      title="Change the package"
      description="The new package and its price take effect together."
      reasonHint="It stays in the audit log."
      confirmLabel="Change package"
      pendingLabel="Changing"
      initialFocus={select}
      checkFields={checkFields}
      onConfirm={(reason) =>
        act({
          path: `/api/admin/services/${service.id}/package`,
          body: { package_slug: slug, reason },
          done: "Package changed",
          description: (data) => {
            const done = data as ChangedPackage;
            return `${customerName}, ${done.package_name}, takes effect on ${formatDate(done.effective_on, timeZone)}`;
          },
        })
      }
    >
      <DescriptionList
        items={[
          { label: "Customer", value: customerName },
          { label: "Package", value: service.package_name },
          {
            label: "Per month",
            value: <Money cents={service.monthly_price_cents} currency={currency} />,
          },
          ...(service.price_change_on
            ? [
                {
                  label: "Takes effect on",
                  value: <DateText value={service.price_change_on} timeZone={timeZone} />,
                },
              ]
            : []),
        ]}
      />
      <Field
        label="New package"
        hint={
          service.status === "pending"
            ? "The service begins with this package. The order and its referral stay."
            : "Until that date the service keeps its package and its price. Please switch the line on that date, not before. Issued invoices stay as they are."
        }
        error={error}
        required
      >
        <Select
          ref={select}
          name="package_slug"
          placeholder="Choose a package"
          value={slug}
          onValueChange={(value) => {
            setSlug(value);
            setError(null);
          }}
          options={choices.map((choice) => ({
            value: choice.slug,
            label: `${choice.name}, ${formatMoney(choice.monthly_price_cents, currency)} a month`,
          }))}
        />
      </Field>
      <ActEffect
        act={
          open && chosen
            ? { act: "change_package", service_id: service.id, package_slug: chosen.slug }
            : null
        }
      />
    </ReasonDialog>
  );
}
