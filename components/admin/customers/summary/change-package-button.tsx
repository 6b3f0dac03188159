"use client";

import { useState } from "react";
import { ChangePackage, type ChangePackageProps } from "@/components/admin/orders/change-package";
import { Button } from "@/components/ui/button";

/** A button that changes the package of a service. */
export function ChangePackageButton(props: Omit<ChangePackageProps, "open" | "onOpenChange">) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button
        size="sm"
        aria-label={`Change the package ${props.service.package_name}`}
        onClick={() => setOpen(true)}
      >
        Change package
      </Button>
      <ChangePackage {...props} open={open} onOpenChange={setOpen} />
    </>
  );
}
