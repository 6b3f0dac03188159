import { guarded } from "../../../guarded";

export default guarded("/admin/billing/preview", "billing:manage_invoices");
