import Form from "next/form";
import { Field, Input } from "@/components/forms/field";
import { Select } from "@/components/forms/select";
import { Button, LinkButton } from "@/components/ui/button";
import { MAIL_KINDS } from "./mail-names";

export type MailboxFiltersProps = {
  action: string;
  /** The state that is chosen; it stays. */
  status: string | undefined;
  cause: string | undefined;
  query: { q?: string; template?: string; from?: string; to?: string };
  clearHref: string;
};

/** The search of the mailbox. A plain form: it is in the address of the page. */
export function MailboxFilters({ action, status, cause, query, clearHref }: MailboxFiltersProps) {
  const isFiltered = Object.values(query).some(Boolean);
  return (
    <Form action={action} role="search" className="mb-4 grid grid-cols-2 gap-4 lg:grid-cols-5">
      {status ? <input type="hidden" name="status" value={status} /> : null}
      {cause ? <input type="hidden" name="cause" value={cause} /> : null}
      <Field label="Person" className="col-span-2">
        <Input
          type="search"
          name="q"
          defaultValue={query.q}
          placeholder="Name, address, code or phone"
          maxLength={100}
          autoComplete="off"
        />
      </Field>
      <Field label="Kind" className="max-lg:col-span-2">
        <Select
          name="template"
          defaultValue={query.template ?? ""}
          options={[{ value: "", label: "Every kind" }, ...MAIL_KINDS]}
        />
      </Field>
      <Field label="From">
        <Input type="date" name="from" defaultValue={query.from} />
      </Field>
      <Field label="To">
        <Input type="date" name="to" defaultValue={query.to} />
      </Field>
      <div className="col-span-2 flex flex-wrap gap-2 lg:col-span-5">
        <Button type="submit">Show</Button>
        {isFiltered ? (
          <LinkButton href={clearHref} variant="ghost">
            Clear the search
          </LinkButton>
        ) : null}
      </div>
    </Form>
  );
}
