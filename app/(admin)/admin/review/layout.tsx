import { guarded } from "../guarded";

export default guarded("/admin/review", "referrals:review");
