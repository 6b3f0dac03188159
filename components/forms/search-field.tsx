import { Search } from "lucide-react";
import Form from "next/form";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { Input } from "./field";

export type SearchFieldProps = {
  /** The page that shows the results. The search term becomes part of its query string. */
  action: string;
  name?: string;
  defaultValue?: string;
  /** Names the box for screen readers. */
  label: string;
  placeholder?: string;
  /** Other filters to keep in the address. */
  keep?: Readonly<Record<string, string | undefined>>;
  className?: string;
};

/** A search box. It is a plain form: the search term is in the address of the page. */
export function SearchField({
  action,
  name = "q",
  defaultValue = "",
  label,
  placeholder,
  keep = {},
  className,
}: SearchFieldProps) {
  return (
    <Form action={action} role="search" className={cn("flex w-full max-w-md gap-2", className)}>
      {Object.entries(keep).map(([key, value]) =>
        value ? <input key={key} type="hidden" name={key} value={value} /> : null,
      )}
      <div className="relative min-w-0 flex-1">
        <Search
          aria-hidden="true"
          className="pointer-events-none absolute top-3.5 left-3 size-4 text-text-muted"
        />
        <Input
          key={defaultValue}
          type="search"
          name={name}
          aria-label={label}
          placeholder={placeholder}
          defaultValue={defaultValue}
          maxLength={100}
          autoComplete="off"
          enterKeyHint="search"
          className="text-ellipsis pl-9"
        />
      </div>
      <Button type="submit">Search</Button>
    </Form>
  );
}
