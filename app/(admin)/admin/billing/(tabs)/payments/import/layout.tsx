import { guarded } from "../../../../guarded";

export default guarded("/admin/billing/payments/import", "billing:manage_invoices");
