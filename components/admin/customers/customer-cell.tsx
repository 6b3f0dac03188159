import { CellNote } from "@/components/ui/cell-note";
import { cn } from "@/components/ui/cn";
import { EmailText } from "@/components/ui/text";
import { CustomerLink } from "./customer-link";

export type CustomerCellProps = {
  customer: { id: string; name: string; email: string };
  className?: string;
};

/** A customer in a table: the name as a link, and the e-mail address below it. */
export function CustomerCell({ customer, className }: CustomerCellProps) {
  return (
    <div className={cn("wrap-anywhere md:max-w-40 2xl:max-w-56", className)}>
      <CustomerLink customer={customer} />
      <CellNote>
        <EmailText value={customer.email} />
      </CellNote>
    </div>
  );
}
