const letters = new Intl.Segmenter("en", { granularity: "grapheme" });

/** The first letter of a name, as a picture beside it. */
export function Initial({ name }: { name: string }) {
  const [first] = letters.segment(name);
  return (
    <span
      aria-hidden="true"
      className="grid size-12 shrink-0 place-items-center rounded-full border-2 border-surface bg-accent-soft font-semibold text-accent-strong text-xl uppercase"
    >
      {first?.segment ?? ""}
    </span>
  );
}
