import { Action, Greeting, type MailContext, MailLayout, Note, Paragraph } from "./layout";

interface DigestMailProps {
  context: MailContext;
  name: string;
  subject: string;
  /** What happened, a sentence each, in its order. */
  lines: readonly string[];
}

/** Several pieces of news about the programme in one mail. */
export function ProgrammeDigestMail({ context, name, subject, lines }: DigestMailProps) {
  return (
    <MailLayout
      context={context}
      preview={lines.join(" ")}
      heading={subject}
      why="You get this mail because you take part in our referral programme."
    >
      <Greeting name={name} />
      <Paragraph>This happened since our last mail:</Paragraph>
      {lines.map((line) => (
        <Paragraph key={line}>{line}</Paragraph>
      ))}
      <Action href={`${context.siteUrl}/dashboard`}>Open your dashboard</Action>
      <Note>Your dashboard shows where every friend stands, and your free months.</Note>
    </MailLayout>
  );
}
