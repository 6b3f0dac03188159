import { Card, CardHeader } from "@/components/ui/card";
import { DescriptionList } from "@/components/ui/description-list";
import type { Profile } from "@/lib/identity/profile";
import { ChangeDetails } from "./change-details";

export type BillingDetailsProps = {
  customer: { id: string; name: string };
  profile: Profile;
  /** Whether the signed-in admin may change them. */
  mayChange: boolean;
};

/** What the invoices to come name of a customer, and the phone number. */
export function BillingDetails({ customer, profile, mayChange }: BillingDetailsProps) {
  const { address } = profile;
  const lines = [
    address?.line1,
    address?.line2,
    address?.suburb,
    [address?.city, address?.postal_code].filter(Boolean).join(" "),
  ].filter(Boolean);
  return (
    <Card aria-labelledby="details-title">
      <CardHeader
        title="Details"
        titleId="details-title"
        actions={
          mayChange ? (
            <ChangeDetails
              customerId={customer.id}
              customerName={customer.name}
              profile={profile}
            />
          ) : null
        }
      />
      <DescriptionList
        items={[
          { label: "Name", value: <bdi>{`${profile.first_name} ${profile.last_name}`}</bdi> },
          {
            label: "Address",
            value:
              lines.length > 0
                ? lines.map((line) => (
                    <bdi key={line} className="block">
                      {line}
                    </bdi>
                  ))
                : "None",
          },
          { label: "Phone number", value: profile.phone ?? "None" },
          { label: "VAT number", value: profile.vat_number ?? "None" },
        ]}
      />
    </Card>
  );
}
