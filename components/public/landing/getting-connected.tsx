import type { Texts } from "@/lib/language/translator";
import { stepsToConnect } from "@/lib/orders/getting-connected";

export type GettingConnectedProps = {
  installationDays: number | null;
  heading: string;
  t: Texts<"connecting">;
};

/** From the order to the first day online, in three steps. */
export function GettingConnected({ installationDays, heading, t }: GettingConnectedProps) {
  return (
    <section
      id="how-it-works"
      aria-labelledby="how-it-works-title"
      className="scroll-mt-8 border-t bg-surface-sunken"
    >
      <div className="mx-auto max-w-6xl px-4 py-16 sm:px-6 sm:py-24">
        <h2 id="how-it-works-title" className="font-semibold text-2xl tracking-tight sm:text-3xl">
          {heading}
        </h2>
        <ol className="mt-10 grid gap-10 md:grid-cols-3 md:gap-8">
          {stepsToConnect(installationDays, t).map((step, index) => (
            <li key={step.title} className="border-border-strong border-t pt-5">
              <p aria-hidden="true" className="font-medium text-accent-strong text-sm">
                {index + 1}
              </p>
              <h3 className="mt-2 font-semibold text-lg">{step.title}</h3>
              <p className="mt-2 text-text-muted leading-7">{step.text}</p>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}
