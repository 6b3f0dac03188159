import Form from "next/form";
import { Field, Input } from "@/components/forms/field";
import { Select } from "@/components/forms/select";
import { Button, LinkButton } from "@/components/ui/button";

/** What can be chosen; the first part of an action names its thing. */
const ACTIONS = [
  ["reward", "Free months"],
  ["referral", "Referrals and reviews"],
  ["claim", "Claims of invitations"],
  ["order", "Orders"],
  ["service", "Services and prices"],
  ["invoice", "Invoices"],
  ["payment", "Payments"],
  ["credit_note", "Credit notes"],
  ["billing_run", "Billing runs"],
  ["customer", "Customers"],
  ["program", "Programme terms"],
  ["fraud_settings", "Fraud rules"],
  ["billing_settings", "Billing settings"],
  ["switch", "Switches"],
  ["notification", "Mails"],
  ["mail_settings", "Mail settings"],
  ["package", "Packages"],
  ["admin", "Team"],
  ["admin_settings", "Rules for the team"],
  ["api_key", "API keys"],
  ["approval", "Approvals"],
  ["export", "Exports"],
  ["sign_in", "Sign-ins of the team"],
  ["access", "Refused attempts"],
] as const;

type AuditQuery = {
  q?: string;
  actor?: string;
  action?: string;
  from?: string;
  to?: string;
};

export type AuditFiltersProps = {
  action: string;
  query: AuditQuery;
  actors: readonly { id: string; name: string }[];
};

/** The filters of the audit log. A plain form: they are in the address of the page. */
export function AuditFilters({ action, query, actors }: AuditFiltersProps) {
  const isFiltered = Object.values(query).some(Boolean);
  return (
    <Form action={action} role="search" className="mb-4 grid grid-cols-2 gap-4 lg:grid-cols-5">
      <Field label="Search" className="max-lg:col-span-2">
        <Input
          type="search"
          name="q"
          defaultValue={query.q}
          placeholder="Customer, id or reason"
          maxLength={100}
          autoComplete="off"
        />
      </Field>
      <Field label="Who">
        <Select
          name="actor"
          defaultValue={query.actor ?? ""}
          options={[
            { value: "", label: "Anybody" },
            { value: "system", label: "The system" },
            ...actors.map(({ id, name }) => ({ value: id, label: name })),
          ]}
        />
      </Field>
      <Field label="What">
        <Select
          name="action"
          defaultValue={query.action ?? ""}
          options={[
            { value: "", label: "Everything" },
            ...ACTIONS.map(([value, label]) => ({ value, label })),
          ]}
        />
      </Field>
      <Field label="From">
        <Input type="date" name="from" defaultValue={query.from} />
      </Field>
      <Field label="To">
        <Input type="date" name="to" defaultValue={query.to} />
      </Field>
      <div className="flex flex-wrap gap-2 col-span-2 lg:col-span-5">
        <Button type="submit">Show</Button>
        {isFiltered ? (
          <LinkButton href={action} variant="ghost">
            Clear the filters
          </LinkButton>
        ) : null}
      </div>
    </Form>
  );
}
