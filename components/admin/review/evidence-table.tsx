import { TextLink } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { EmailText } from "@/components/ui/text";
import type { Evidence, Side } from "./evidence";
import type { ReviewCase } from "./review-case";

function Value({ fact, side }: { fact: Evidence; side: Side }) {
  const values = side === "referrer" ? fact.referrer : fact.friend;
  const isMarked = fact.marked.includes(side);
  return (
    <td
      className={cn(
        "wrap-anywhere w-1/2 px-3 py-2.5 align-top sm:px-4",
        isMarked && "bg-warning-soft",
      )}
    >
      {values.length === 0 ? (
        <span className="text-text-muted">Not known</span>
      ) : (
        values.map((value) => (
          <p key={value}>{fact.key === "email" ? <EmailText value={value} /> : value}</p>
        ))
      )}
      {isMarked ? (
        <p className="mt-1 font-medium text-warning text-xs">
          {fact.isSame ? "Same on both sides" : "Matched by a signal"}
        </p>
      ) : null}
    </td>
  );
}

function Head({ title, person }: { title: string; person: { id: string; name: string } }) {
  return (
    <th scope="col" className="w-1/2 px-3 py-2.5 text-start align-top font-normal sm:px-4">
      <span className="block text-text-muted text-xs">{title}</span>
      <TextLink quiet href={`/admin/customers/${person.id}/referrals`} className="wrap-anywhere">
        {person.name}
      </TextLink>
    </th>
  );
}

/** What is known about the referrer and the friend, side by side. */
export function EvidenceTable({ item }: { item: ReviewCase }) {
  return (
    <table className="w-full table-fixed border-collapse text-sm">
      <caption className="sr-only">
        {item.referrer.name} and {item.friend.name}, side by side
      </caption>
      <thead>
        <tr className="border-b">
          <Head title="Referrer" person={item.referrer} />
          <Head title="Friend" person={item.friend} />
        </tr>
      </thead>
      {item.facts
        .filter((fact) => fact.key !== "name")
        .map((fact) => (
          <tbody key={fact.key} className="border-b last:border-b-0">
            <tr>
              <th
                scope="rowgroup"
                colSpan={2}
                className="bg-surface-sunken px-3 py-1.5 text-start font-medium text-text-muted text-xs sm:px-4"
              >
                {fact.label}
              </th>
            </tr>
            <tr>
              <Value fact={fact} side="referrer" />
              <Value fact={fact} side="friend" />
            </tr>
          </tbody>
        ))}
    </table>
  );
}
