import type { CSSProperties, ReactNode } from "react";
import {
  Body,
  Button,
  Column,
  Container,
  Head,
  Heading,
  Hr,
  Html,
  Link,
  Preview,
  Row,
  Section,
  Text,
} from "react-email";

/** What every mail needs besides its payload. */
export interface MailContext {
  brandName: string;
  supportEmail: string;
  /** Public address of the site, without a trailing slash. */
  siteUrl: string;
  /** IANA zone of the billing; all dates are shown in it. */
  timeZone: string;
  /** ISO 4217. */
  currency: string;
  /** Who stands behind the mail, as on an invoice. */
  seller: { name: string; address: readonly string[]; registration_number: string | null };
  /** The page on which this person chooses their mails, without signing in; null for other mails. */
  choicesUrl: string | null;
}

export interface MailProps<P> {
  payload: P;
  context: MailContext;
}

const ink = "#191715";
const muted = "#66615b";
const line = "#e6e4e1";
const accent = "#b04300";
const family =
  '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/** Readers that know dark mode get our own colours instead of a guess; the others stay white. */
const darkMode = `
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  .ground, .ground > table > tbody > tr > td { background-color: #0d0c0b !important; }
  .card { background-color: #151412 !important; border-color: #2b2826 !important; }
  .ink { color: #f4f2f0 !important; }
  .muted { color: #a8a29b !important; }
  .line { border-color: #2b2826 !important; }
  .accent { color: #ff9d57 !important; }
  .done { background-color: #ff9d57 !important; }
  .open { background-color: #2b2826 !important; }
  .button { background-color: #ff9d57 !important; color: #1d0d00 !important; }
}
@media (max-width: 480px) {
  .card-body { padding: 24px 20px !important; }
}
`;

const text: CSSProperties = {
  color: ink,
  fontFamily: family,
  fontSize: "16px",
  lineHeight: "24px",
  margin: "0 0 16px",
  // A long name without spaces must not widen the mail.
  overflowWrap: "anywhere",
};

interface MailLayoutProps {
  context: MailContext;
  /** Shown beside the subject in the list of mails. */
  preview: string;
  heading: string;
  /** The sentence that says why this person gets this mail. */
  why: string;
  children: ReactNode;
}

/** Legal name, address and registration, on one line. */
const legalLine = ({ seller }: MailContext): string =>
  [
    seller.name,
    seller.address.join(", "),
    ...(seller.registration_number ? [`Registration ${seller.registration_number}`] : []),
  ].join(" · ");

/** The frame of every mail: brand, one card, footer. */
export function MailLayout({ context, preview, heading, why, children }: MailLayoutProps) {
  return (
    <Html lang="en">
      <Head>
        <title>{heading}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="supported-color-schemes" content="light dark" />
        <style>{darkMode}</style>
      </Head>
      <Body className="ground" style={{ backgroundColor: "#ffffff", padding: "24px 12px" }}>
        <Preview useTitleTag={false}>{preview}</Preview>
        <Container style={{ maxWidth: "560px", margin: "0 auto" }}>
          <Text
            className="accent"
            style={{ ...text, color: accent, fontWeight: 600, margin: "0 0 16px 4px" }}
          >
            {context.brandName}
          </Text>
          <Container
            className="card"
            tdClassName="card-body"
            style={{
              backgroundColor: "#ffffff",
              border: `1px solid ${line}`,
              borderCollapse: "separate",
              borderRadius: "12px",
              maxWidth: "560px",
              padding: "32px",
            }}
          >
            <Heading
              as="h1"
              className="ink"
              style={{
                ...text,
                fontSize: "22px",
                fontWeight: 600,
                letterSpacing: "-0.01em",
                lineHeight: "30px",
              }}
            >
              {heading}
            </Heading>
            {children}
          </Container>
          <Text
            className="muted"
            style={{
              ...text,
              color: muted,
              fontSize: "13px",
              lineHeight: "20px",
              margin: "16px 4px",
            }}
          >
            {why} Questions? Write to{" "}
            <Link
              className="muted"
              href={`mailto:${context.supportEmail}`}
              style={{ color: muted, textDecoration: "underline" }}
            >
              {context.supportEmail}
            </Link>
            .
            {context.choicesUrl === null ? null : (
              <>
                {" "}
                <Link
                  className="muted"
                  href={context.choicesUrl}
                  style={{ color: muted, textDecoration: "underline" }}
                >
                  Choose which mails you get
                </Link>
                .
              </>
            )}
            <br />
            {legalLine(context)}
          </Text>
        </Container>
      </Body>
    </Html>
  );
}

/** `Hello Thandi,` and without a name `Hello,`. */
export function Greeting({ name }: { name: string }) {
  return <Paragraph>{name === "" ? "Hello," : `Hello ${name},`}</Paragraph>;
}

export function Paragraph({ children }: { children: ReactNode }) {
  return (
    <Text className="ink" style={text}>
      {children}
    </Text>
  );
}

/** What a colleague wrote, set apart from our own words. */
export function Quote({ label, children }: { label: string; children: string }) {
  return (
    <Section
      className="line"
      style={{ borderLeft: `2px solid ${line}`, margin: "0 0 16px", paddingLeft: "16px" }}
    >
      <Text className="muted" style={{ ...text, color: muted, fontSize: "14px", margin: 0 }}>
        {label}
      </Text>
      {children.split("\n").map((paragraph, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a mail is rendered once and never reordered
        <Text key={index} className="ink" style={{ ...text, margin: 0 }}>
          {paragraph}
        </Text>
      ))}
    </Section>
  );
}

export interface Fact {
  label: string;
  value: string;
}

/** A label of so many characters stays on one line. */
const SHORT_LABEL = 16;

/** The facts of the mail, one per line. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  const cell: CSSProperties = { borderTop: `1px solid ${line}`, padding: "10px 0" };
  return (
    <Section style={{ margin: "8px 0 24px" }}>
      {facts.map(({ label, value }) => (
        <Row key={label}>
          <Column
            className="line fact-label"
            style={{ ...cell, paddingRight: "16px", verticalAlign: "top" }}
          >
            <Text
              className="muted fact"
              style={{
                ...text,
                color: muted,
                fontSize: "15px",
                margin: 0,
                // A long value must not break a short label.
                whiteSpace: label.length <= SHORT_LABEL ? "nowrap" : "normal",
              }}
            >
              {label}
            </Text>
          </Column>
          <Column
            className="line fact-value"
            align="right"
            style={{ ...cell, verticalAlign: "top" }}
          >
            <Text
              className="ink fact"
              style={{
                ...text,
                fontSize: "15px",
                fontVariantNumeric: "tabular-nums",
                fontWeight: 600,
                margin: 0,
              }}
            >
              {value}
            </Text>
          </Column>
        </Row>
      ))}
    </Section>
  );
}

type FriendStep = "ordered" | "active" | "counted";

/** How far a friend has come: a caption, and bars that only repeat it. */
export function Steps({ reached, paidInvoices }: { reached: FriendStep; paidInvoices: number }) {
  const paid = paidInvoices === 1 ? "first invoice paid" : "invoices paid";
  const steps = ["ordered", "active", ...(paidInvoices > 0 ? [paid] : []), "counted"];
  const done = steps.indexOf(reached) + 1;
  return (
    <Section style={{ margin: "0 0 24px" }}>
      <Row aria-hidden="true" data-skip-in-text="true">
        {steps.map((step, index) => (
          <Column
            key={step}
            style={{
              paddingRight: index < steps.length - 1 ? "6px" : 0,
              width: `${100 / steps.length}%`,
            }}
          >
            <div
              className={index < done ? "done" : "open"}
              style={{
                backgroundColor: index < done ? accent : line,
                borderRadius: "2px",
                fontSize: "4px",
                height: "4px",
                lineHeight: "4px",
              }}
            >
              {"\u00a0"}
            </div>
          </Column>
        ))}
      </Row>
      <Text
        className="muted"
        style={{ ...text, color: muted, fontSize: "14px", margin: "8px 0 0" }}
      >
        {`Step ${done} of ${steps.length}: ${reached}`}
      </Text>
    </Section>
  );
}

/** The one button of a mail. */
export function Action({ href, children }: { href: string; children: string }) {
  return (
    <Section style={{ margin: "8px 0 0" }}>
      <Button
        className="button"
        href={href}
        style={{
          backgroundColor: accent,
          borderRadius: "8px",
          color: "#ffffff",
          fontFamily: family,
          fontSize: "16px",
          fontWeight: 600,
          padding: "14px 20px",
        }}
      >
        {children}
      </Button>
    </Section>
  );
}

/** A link within the quiet closing line. */
export function NoteLink({ href, children }: { href: string; children: string }) {
  return (
    <Link className="muted" href={href} style={{ color: muted, textDecoration: "underline" }}>
      {children}
    </Link>
  );
}

/** A quiet closing line below the button or the facts. */
export function Note({ children }: { children: ReactNode }) {
  return (
    <>
      <Hr className="line" style={{ borderColor: line, margin: "24px 0 16px" }} />
      <Text
        className="muted"
        style={{ ...text, color: muted, fontSize: "14px", lineHeight: "22px", margin: 0 }}
      >
        {children}
      </Text>
    </>
  );
}
