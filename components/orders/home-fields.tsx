"use client";

import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { getJson } from "@/components/api-client";
import { Field, Input } from "@/components/forms/field";
import { ADDRESS_FIELDS } from "@/components/forms/person-fields";
import { useTexts } from "@/components/ui/texts";
import type { Area } from "@/lib/orders/coverage";

export type HomeFieldsProps = {
  /** What the fields hold at first, by their names. */
  values: Readonly<Record<string, string | undefined>>;
  errorOf: (name: string) => string | null;
  /** Called with the name of a field that is edited. */
  onEdit: (name: string) => void;
};

const HOME = "account.address.";
const PAUSE_MS = 200;
const label = ({ suburb, city, postal_code }: Area) => `${suburb}, ${city}, ${postal_code}`;

/** Sets a field as if the person had typed, so that the form hears of it. */
function fill(form: HTMLFormElement, name: string, text: string): void {
  const element = form.elements.namedItem(HOME + name);
  if (!(element instanceof HTMLInputElement) || element.value === text) return;
  element.value = text;
  element.dispatchEvent(new Event("input", { bubbles: true }));
}

/** The one value that all areas share; null when they differ. */
function shared(areas: readonly Area[], key: "city" | "suburb"): string | null {
  const [first] = areas;
  return first && areas.every((area) => area[key] === first[key]) ? first[key] : null;
}

/**
 * Where it is installed. Suburbs of the provider's list are suggested by the browser's own list; one
 * that is chosen fills in the city and the postal code. A postal code fills in its city.
 */
export function HomeFields({ values, errorOf, onEdit }: HomeFieldsProps) {
  const t = useTexts("order");
  const person = useTexts("person");
  const listId = useId();
  const [areas, setAreas] = useState<readonly Area[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  function lookUp(text: string, then: (found: readonly Area[]) => void = () => {}): void {
    clearTimeout(timer.current);
    if (text.trim().length < 2) return;
    timer.current = setTimeout(async () => {
      const answer = await getJson<{ areas: Area[] }>(
        `/api/coverage/areas?q=${encodeURIComponent(text)}`,
      );
      // Without suggestions the fields are filled in by hand.
      if (!answer.ok) return;
      setAreas(answer.data.areas);
      then(answer.data.areas);
    }, PAUSE_MS);
  }

  function edited(event: FormEvent<HTMLInputElement>): void {
    const { form, name, value } = event.currentTarget;
    onEdit(name);
    if (!form) return;
    if (name === `${HOME}suburb`) {
      const chosen = areas.find((area) => label(area) === value);
      if (chosen) {
        fill(form, "suburb", chosen.suburb);
        fill(form, "city", chosen.city);
        fill(form, "postal_code", chosen.postal_code);
      } else {
        lookUp(value);
      }
    }
    if (name === `${HOME}postal_code` && /^\d{4}$/.test(value.trim())) {
      lookUp(value.trim(), (found) => {
        const city = form.elements.namedItem(`${HOME}city`);
        const named = shared(found, "city");
        if (named && city instanceof HTMLInputElement && city.value === "")
          fill(form, "city", named);
      });
    }
  }

  return (
    <div className="grid gap-5 sm:grid-cols-2">
      {ADDRESS_FIELDS.map((field) => {
        const name = `account.${field.name}`;
        const isSuburb = field.name === "address.suburb";
        return (
          <Field
            key={name}
            label={person(field.label)}
            hint={isSuburb ? t("address.suburbHint") : field.hint && person(field.hint)}
            optional={field.optional}
            required={!field.optional}
            error={errorOf(name)}
            className={field.className}
          >
            <Input
              {...field.input}
              name={name}
              list={isSuburb ? listId : undefined}
              defaultValue={values[name]}
              onInput={edited}
            />
          </Field>
        );
      })}
      <datalist id={listId}>
        {areas.map((area) => (
          <option key={label(area)} value={label(area)} />
        ))}
      </datalist>
    </div>
  );
}
