"use client";

export { PageError as default } from "@/components/admin/shell/page-error";
