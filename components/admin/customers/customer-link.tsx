import { TextLink } from "@/components/ui/button";

export type CustomerLinkProps = { customer: { id: string; name: string }; className?: string };

/** A customer's name, which leads to their page. */
export function CustomerLink({ customer, className }: CustomerLinkProps) {
  return (
    <TextLink quiet href={`/admin/customers/${customer.id}/referrals`} className={className}>
      <bdi>{customer.name}</bdi>
    </TextLink>
  );
}
