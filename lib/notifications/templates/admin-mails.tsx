import { formatDateTime } from "@/lib/dates";
import { type FraudSignal, SIGNALS } from "@/lib/fraud/fraud-rules";
import { ROLE_LABELS } from "@/lib/permissions";
import { countOf, formatCount } from "@/lib/words";
import type { Payload } from "../payloads";
import { Action, Facts, Greeting, MailLayout, type MailProps, Note, Paragraph } from "./layout";
import { monthName } from "./wording";

const isSignal = (name: string): name is FraudSignal => Object.hasOwn(SIGNALS, name);

const WHY = "You get this mail because alerts to the team go to this address.";

/** A referral that a person should look at. */
export function SuspiciousActivityMail({
  payload,
  context,
}: MailProps<Payload<"suspicious_activity">>) {
  if (payload.kind === "refused_attempts") {
    return (
      <MailLayout
        context={context}
        preview={`${countOf(payload.attempts ?? 0, "order")} within a day came with it.`}
        heading={`The code of ${payload.referrer_name} was refused many times`}
        why={WHY}
      >
        <Paragraph>
          {countOf(payload.attempts ?? 0, "order")} within 24 hours came with the code of{" "}
          {payload.referrer_name}, and it was not applied. The orders went through. You get this
          mail once per referrer and day.
        </Paragraph>
        <Action href={`${context.siteUrl}/admin/customers/${payload.referrer_id}/referrals`}>
          Open the customer
        </Action>
      </MailLayout>
    );
  }
  return (
    <MailLayout
      context={context}
      preview={`${countOf(payload.signals.length, "signal")}. It waits for a decision.`}
      heading={`Please review a referral of ${payload.referrer_name}`}
      why={WHY}
    >
      <Paragraph>
        A new referral shows signs that somebody should look at. The order went through. Open the
        review to see the evidence side by side and decide. You get this mail once per referrer and
        day.
      </Paragraph>
      <Facts
        facts={[
          { label: "Referrer", value: payload.referrer_name },
          ...(payload.friend_name ? [{ label: "Friend", value: payload.friend_name }] : []),
          ...payload.signals.map((signal, index) => ({
            label: `Signal ${index + 1}`,
            value: isSignal(signal) ? SIGNALS[signal].label : signal,
          })),
        ]}
      />
      <Action href={`${context.siteUrl}/admin/review/${payload.referral_id ?? ""}`}>
        Open the review
      </Action>
      <Note>
        Referral {payload.referral_id}
        <br />
        Referrer {payload.referrer_id}
      </Note>
    </MailLayout>
  );
}

/** A billing run that ended with errors. */
export function BillingRunFailedMail({
  payload,
  context,
}: MailProps<Payload<"billing_run_failed">>) {
  const month = monthName(payload.period_start);
  return (
    <MailLayout
      context={context}
      preview={`${countOf(payload.invoices, "invoice")} issued, ${countOf(payload.errors, "error")}.`}
      heading={`The billing run for ${month} failed`}
      why={WHY}
    >
      <Paragraph>
        The run ended with errors. The invoices that it issued are final. Once the cause is fixed,
        run the month again: only what is missing will be issued.
      </Paragraph>
      <Facts
        facts={[
          { label: "Month", value: month },
          { label: "Invoices issued", value: String(payload.invoices) },
          { label: "Errors", value: String(payload.errors) },
        ]}
      />
      <Action href={`${context.siteUrl}/admin/billing/runs/${payload.run_id}`}>Open the run</Action>
      <Note>Run {payload.run_id}</Note>
    </MailLayout>
  );
}

/** Services that were active and are not billed. */
export function ServicesUnbilledMail({
  payload,
  context,
}: MailProps<Payload<"services_unbilled">>) {
  return (
    <MailLayout
      context={context}
      preview="The list names each service and its days."
      heading={`${countOf(payload.services, "service month")} not billed yet`}
      why={WHY}
    >
      <Paragraph>
        These services were active, and nobody has been charged for it. The next billing run bills
        what it can; where a run ended with an error, the list says which. This mail comes once a
        day until the list is empty.
      </Paragraph>
      <Facts
        facts={payload.months.map(({ period_start, services, errors }) => ({
          label: monthName(period_start),
          value:
            errors > 0
              ? `${countOf(services, "service")}, ${countOf(errors, "error")}`
              : countOf(services, "service"),
        }))}
      />
      <Action href={`${context.siteUrl}/admin/billing/unbilled`}>Open the list</Action>
    </MailLayout>
  );
}

/** Rules that the nightly check found broken. */
export function InvariantsViolatedMail({
  payload,
  context,
}: MailProps<Payload<"invariants_violated">>) {
  return (
    <MailLayout
      context={context}
      preview="The list names each rule that is broken, and how often."
      heading={`The nightly check found ${countOf(payload.violations, "violation")}`}
      why={WHY}
    >
      <Paragraph>
        Something is stored that the rules do not allow. The command npm run job -- verify names
        each row. Please look at it before the next billing run. This mail comes once a day until
        the check finds nothing.
      </Paragraph>
      <Facts
        facts={payload.rules.map(({ invariant, rule, count }) => ({
          label: `Invariant ${invariant}`,
          value: count > 1 ? `${rule} (${count} times)` : rule,
        }))}
      />
      <Action href={`${context.siteUrl}/admin`}>Open the overview</Action>
    </MailLayout>
  );
}

const OUTAGE_WORDS: Record<Payload<"mail_outage">["cause"], string> = {
  refused: "It refused our key or our sender",
  limit: "A quota was used up",
  server: "It reported an error of its own",
  network: "It could not be reached",
  answer: "Its answer could not be understood",
};

/** The mail provider failed as a whole, and works again. */
export function MailOutageMail({ payload, context }: MailProps<Payload<"mail_outage">>) {
  const { opened_at, closed_at, cause, waiting } = payload;
  return (
    <MailLayout
      context={context}
      preview="Nothing was lost. The mails that waited are sent now."
      heading="Mails leave again after an outage"
      why={WHY}
    >
      <Paragraph>
        The mail provider did not take any mail for a while. No mail was lost and no try was spent.
        The mails that waited are sent now.
      </Paragraph>
      <Facts
        facts={[
          { label: "From", value: formatDateTime(opened_at, context.timeZone) },
          { label: "Until", value: formatDateTime(closed_at, context.timeZone) },
          { label: "What the provider said", value: OUTAGE_WORDS[cause] },
          { label: "Mails that waited", value: formatCount(waiting) },
        ]}
      />
      <Action href={`${context.siteUrl}/admin/mailbox`}>Open the mailbox</Action>
    </MailLayout>
  );
}

type RoleChange = Payload<"role_changed">;

/** The subject of a change of rights. */
export const roleSubject = ({ from_role, to_role, is_active }: RoleChange): string =>
  !is_active
    ? "Your access to the admin area has ended"
    : from_role === to_role
      ? "Your access to the admin area is back"
      : `Your role is now ${ROLE_LABELS[to_role]}`;

/** To a member of the team: their rights changed. */
export function RoleChangedMail({ payload, context }: MailProps<RoleChange>) {
  const { name, from_role, to_role, is_active } = payload;
  return (
    <MailLayout
      context={context}
      preview="An owner of the team changed it."
      heading={roleSubject(payload)}
      why="You get this mail because you have an account in the admin area."
    >
      <Greeting name={name} />
      <Paragraph>
        {is_active
          ? "An owner of the team changed what you may do in the admin area. It counts at once."
          : "An owner of the team ended your access to the admin area. It counts at once."}
      </Paragraph>
      {is_active ? (
        <Facts
          facts={[
            { label: "Role before", value: ROLE_LABELS[from_role] },
            { label: "Role now", value: ROLE_LABELS[to_role] },
          ]}
        />
      ) : null}
      <Paragraph>
        If you did not expect this, speak to an owner of the team, or write to{" "}
        {context.supportEmail}.
      </Paragraph>
      {is_active ? <Action href={`${context.siteUrl}/admin`}>Open the admin area</Action> : null}
    </MailLayout>
  );
}

/** A customer asks that their details are erased. */
export function ErasureRequestedMail({
  payload,
  context,
}: MailProps<Payload<"erasure_requested">>) {
  return (
    <MailLayout
      context={context}
      preview="An owner can erase the customer once nothing is open."
      heading={`${payload.customer_name} asks for erasure`}
      why={WHY}
    >
      <Paragraph>
        {payload.customer_name} asks us to erase what we keep of them. Please write to them. An
        owner can erase them from their page, once no service and no invoice is open.
      </Paragraph>
      <Action href={`${context.siteUrl}/admin/customers/${payload.customer_id}`}>
        Open the customer
      </Action>
    </MailLayout>
  );
}
