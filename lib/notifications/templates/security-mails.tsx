import { formatDateTime } from "@/lib/dates";
import type { Payload } from "../payloads";
import { Action, Facts, Greeting, MailLayout, type MailProps, Paragraph } from "./layout";

const WHY = "You get this mail because it is about the safety of your account.";
const WHY_OLD = "You get this mail because an account had this address until now.";

/** The account has another password. */
export function PasswordChangedMail({ payload, context }: MailProps<Payload<"password_changed">>) {
  return (
    <MailLayout
      context={context}
      preview="If it was you, there is nothing to do."
      heading="Your password was changed"
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        A new password was chosen for your account. If it was you, there is nothing to do.
      </Paragraph>
      <Facts facts={[{ label: "When", value: formatDateTime(payload.at, context.timeZone) }]} />
      <Paragraph>
        Was it not you? Choose another password now. That ends all sessions that somebody else may
        have.
      </Paragraph>
      <Action href={`${context.siteUrl}/forgot-password`}>Choose another password</Action>
    </MailLayout>
  );
}

type EmailChange = Payload<"email_changed">;

/** The account has another address: told to both. */
export function EmailChangedMail({ payload, context }: MailProps<EmailChange>) {
  const { audience, other_address: other, at } = payload;
  const isOld = audience === "old";
  return (
    <MailLayout
      context={context}
      preview={
        isOld ? "If it was not you, write to us at once." : "From now on you sign in with it."
      }
      heading={
        isOld
          ? "Your account has another e-mail address"
          : "This is your e-mail address with us now"
      }
      why={isOld ? WHY_OLD : WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        {isOld
          ? "The e-mail address of your account was changed. This one no longer opens it, and we no longer write to it."
          : "The e-mail address of your account was changed to this one. From now on you sign in with it."}
      </Paragraph>
      <Facts
        facts={[
          { label: isOld ? "Address now" : "Address before", value: other },
          { label: "When", value: formatDateTime(at, context.timeZone) },
        ]}
      />
      <Paragraph>
        Was it not you? Write to {context.supportEmail} at once, and we will look at it with you.
      </Paragraph>
      <Action href={`mailto:${context.supportEmail}`}>Write to us</Action>
    </MailLayout>
  );
}

/** The customer asked for erasure, or somebody who has their session did. */
export function ErasureAskedMail({ payload, context }: MailProps<Payload<"erasure_asked">>) {
  return (
    <MailLayout
      context={context}
      preview="If it was you, there is nothing to do."
      heading="You asked us to erase your personal details"
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        We do so once no service and no invoice is open. Until then nothing changes. Invoices that
        were issued are kept, as the law asks.
      </Paragraph>
      <Facts facts={[{ label: "Asked on", value: formatDateTime(payload.at, context.timeZone) }]} />
      <Paragraph>
        Was it not you, or have you changed your mind? Write to {context.supportEmail}, and we do
        not erase anything. If it was not you, choose another password as well.
      </Paragraph>
      <Action href={`mailto:${context.supportEmail}`}>Write to us</Action>
    </MailLayout>
  );
}

/** Somebody signed in with a browser that the account does not know. */
export function NewDeviceMail({ payload, context }: MailProps<Payload<"new_device">>) {
  return (
    <MailLayout
      context={context}
      preview={`${payload.device}. If it was you, there is nothing to do.`}
      heading="A new device signed in to your account"
      why={WHY}
    >
      <Greeting name={payload.first_name} />
      <Paragraph>
        Your account was opened with a browser that we had not seen before. If it was you, there is
        nothing to do.
      </Paragraph>
      <Facts
        facts={[
          { label: "Browser", value: payload.device },
          { label: "When", value: formatDateTime(payload.at, context.timeZone) },
        ]}
      />
      <Paragraph>
        Was it not you? Then somebody knows your password. Choose another one now, which ends their
        session.
      </Paragraph>
      <Action href={`${context.siteUrl}/forgot-password`}>Choose another password</Action>
    </MailLayout>
  );
}
