import { cva, type VariantProps } from "class-variance-authority";

/** The look shared by `Button` and `LinkButton`. */
export const buttonClasses = cva(
  [
    "inline-flex items-center justify-center gap-2 rounded-control border font-medium",
    "select-none whitespace-nowrap text-center transition-colors duration-150",
    "aria-disabled:cursor-not-allowed not-aria-busy:aria-disabled:opacity-55",
    "aria-busy:cursor-progress aria-busy:opacity-80",
    "[&_svg]:size-4 [&_svg]:shrink-0",
  ],
  {
    variants: {
      variant: {
        primary: "border-transparent bg-accent text-on-accent hover:bg-accent-hover",
        secondary: "border-border bg-surface-raised text-text hover:bg-surface-sunken",
        ghost: "border-transparent bg-transparent text-text hover:bg-surface-sunken",
        danger: "border-transparent bg-negative-fill text-on-negative hover:opacity-90",
      },
      size: {
        sm: "h-9 px-3 text-sm",
        md: "h-11 px-4 text-sm",
        lg: "h-12 px-6 text-base",
        icon: "size-9 p-0",
      },
      block: { true: "w-full", false: "" },
    },
    defaultVariants: { variant: "secondary", size: "md", block: false },
  },
);

export type ButtonVariants = VariantProps<typeof buttonClasses>;
