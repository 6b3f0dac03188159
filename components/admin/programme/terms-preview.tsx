import { Card, CardHeader } from "@/components/ui/card";
import { useTexts } from "@/components/ui/texts";
import { describeTerms } from "@/lib/programme/terms";
import type { EditableTerms } from "./terms-form-fields";

export type TermsPreviewProps = {
  terms: EditableTerms;
  version: number;
  brandName: string;
  /** ISO 4217. */
  currency: string;
};

/** The rules as customers will read them. */
export function TermsPreview({ terms, version, brandName, currency }: TermsPreviewProps) {
  const sections = describeTerms({ ...terms, version }, { brandName, currency }, useTexts("terms"));
  return (
    <Card
      aria-labelledby="preview-title"
      // A region that scrolls must be reachable by keyboard.
      tabIndex={0}
      className="lg:sticky lg:top-6 lg:max-h-[calc(100dvh-3rem)] lg:overflow-y-auto"
    >
      <CardHeader
        title="What customers will read"
        titleId="preview-title"
        description="The rules in plain words, made from the terms in the form."
      />
      <dl className="flex flex-col gap-4 text-sm">
        {sections.map((section) => (
          <div key={section.title}>
            <dt className="font-medium">{section.title}</dt>
            <dd className="mt-1 text-text-muted">{section.body}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
