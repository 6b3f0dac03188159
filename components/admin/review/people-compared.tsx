import { signalWords } from "@/components/admin/referrals/signal-words";
import { Badge, StatusBadge } from "@/components/ui/badge";
import { TextLink } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { DateText, EmailText } from "@/components/ui/text";
import type { ReviewCaseFacts, ReviewParty } from "@/lib/admin/review-schemas";
import { addressText } from "./case-facts";

type Column = {
  key: string;
  title: string;
  party: ReviewParty;
  matched?: ReviewCaseFacts["matched"][number];
};

function columnsOf(item: ReviewCaseFacts): Column[] {
  return [
    { key: "referrer", title: "Referrer", party: item.referrer_party },
    { key: "friend", title: "Friend", party: item.referred_party },
    ...item.matched.map((matched, n) => ({
      key: `${matched.id} ${n}`,
      title: matched.referral ? "Matched friend" : "Matched customer",
      party: matched,
      matched,
    })),
  ];
}

/** Values that stand in more than one column: what the eye looks for. */
function repeated(columns: readonly Column[], value: (party: ReviewParty) => string[]) {
  const seen = new Map<string, number>();
  for (const { party } of columns) {
    for (const one of new Set(value(party))) seen.set(one, (seen.get(one) ?? 0) + 1);
  }
  return new Set([...seen].filter(([, count]) => count > 1).map(([one]) => one));
}

const networksOf = (party: ReviewParty) => party.networks.map(({ ip_address }) => ip_address);
const devicesOf = (party: ReviewParty) =>
  party.networks.flatMap(({ user_agent }) => (user_agent ? [user_agent] : []));

const FACTS: { label: string; values: (party: ReviewParty) => string[] }[] = [
  { label: "E-mail", values: (party) => [party.email] },
  { label: "Phone", values: (party) => (party.phone ? [party.phone] : []) },
  { label: "Address", values: (party) => [addressText(party.address)] },
  { label: "Networks", values: (party) => [...new Set(networksOf(party))] },
  { label: "Devices", values: (party) => [...new Set(devicesOf(party))] },
];

function Head({ column, timeZone }: { column: Column; timeZone: string }) {
  const { title, party, matched } = column;
  return (
    <th scope="col" className="w-64 min-w-56 px-4 py-3 text-start align-top font-normal">
      <span className="block text-text-muted text-xs">{title}</span>
      <TextLink quiet href={`/admin/customers/${party.id}/referrals`} className="wrap-anywhere">
        <bdi>{party.name}</bdi>
      </TextLink>
      <span className="mt-1 block text-text-muted text-xs">
        Customer since <DateText value={party.customer_since} timeZone={timeZone} />
      </span>
      {matched?.referral ? (
        <span className="mt-1 flex flex-wrap items-center gap-2 text-xs">
          <StatusBadge kind="referral" status={matched.referral.status} />
          <TextLink href={`/admin/review/${matched.referral.id}`}>Open this referral</TextLink>
        </span>
      ) : null}
      {matched ? (
        <span className="mt-2 flex flex-wrap gap-1">
          {matched.signals.map((signal) => (
            <Badge key={signal} className="h-auto whitespace-normal py-1">
              {signalWords(signal).label}
            </Badge>
          ))}
        </span>
      ) : null}
    </th>
  );
}

/** Referrer, friend and everybody whom a signal names, side by side. Equal values are marked. */
export function PeopleCompared({ item, timeZone }: { item: ReviewCaseFacts; timeZone: string }) {
  const columns = columnsOf(item);
  return (
    <Card padding="flush" aria-labelledby="people-title">
      <CardHeader as="h2" divided title="Side by side" titleId="people-title" />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls is reached by keyboard. */}
      <section className="overflow-x-auto" aria-label="People side by side" tabIndex={0}>
        <table className="w-full border-collapse text-sm">
          <thead>
            <tr className="border-b">
              <th scope="col" className="w-24 px-4 py-3 text-start font-normal text-text-muted">
                Fact
              </th>
              {columns.map((column) => (
                <Head key={column.key} column={column} timeZone={timeZone} />
              ))}
            </tr>
          </thead>
          <tbody className="divide-y divide-border">
            {FACTS.map(({ label, values }) => {
              const same = repeated(columns, values);
              return (
                <tr key={label}>
                  <th
                    scope="row"
                    className="px-4 py-3 text-start align-top font-normal text-text-muted"
                  >
                    {label}
                  </th>
                  {columns.map(({ key, party }) => {
                    const shown = values(party);
                    return (
                      <td key={key} className="wrap-anywhere px-4 py-3 align-top">
                        {shown.length === 0 ? (
                          <span className="text-text-muted">Not known</span>
                        ) : null}
                        {shown.map((value) => (
                          <p
                            key={value}
                            className={
                              same.has(value) ? "rounded-sm bg-warning-soft px-1" : undefined
                            }
                          >
                            {label === "E-mail" ? <EmailText value={value} /> : <bdi>{value}</bdi>}
                            {same.has(value) ? (
                              <span className="block font-medium text-warning text-xs">
                                Same as another
                              </span>
                            ) : null}
                          </p>
                        ))}
                      </td>
                    );
                  })}
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
    </Card>
  );
}
