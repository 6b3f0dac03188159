/** The logo. Names of classes given here replace its size. */
export function BrandMark({ className = "size-7" }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={`shrink-0 ${className}`}>
      <rect width="32" height="32" rx="8" className="fill-accent" />
      <path
        d="M16 7.5a8.5 8.5 0 1 1-8.5 8.5"
        fill="none"
        strokeWidth="3.5"
        strokeLinecap="round"
        className="stroke-on-accent"
      />
      <circle cx="9.6" cy="9.6" r="2.1" className="fill-on-accent" />
    </svg>
  );
}
