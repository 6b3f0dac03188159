export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  public: {
    Tables: {
      account_credits: {
        Row: {
          credit_cents: number;
          customer_id: string;
        };
        ComputedFields: never;
        Insert: {
          credit_cents: number;
          customer_id: string;
        };
        Update: {
          credit_cents?: number;
          customer_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "account_credits_customer_id_fkey";
            columns: ["customer_id"];
            isOneToOne: true;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
        ];
      };
      account_devices: {
        Row: {
          auth_user_id: string;
          device_hash: string;
          first_seen_at: string;
          last_seen_at: string;
        };
        ComputedFields: never;
        Insert: {
          auth_user_id: string;
          device_hash: string;
          first_seen_at?: string;
          last_seen_at?: string;
        };
        Update: {
          auth_user_id?: string;
          device_hash?: string;
          first_seen_at?: string;
          last_seen_at?: string;
        };
        Relationships: [];
      };
      account_sessions: {
        Row: {
          auth_user_id: string;
          last_seen_at: string;
          link_opened_at: string | null;
          password_checked_at: string | null;
          session_id: string;
        };
        ComputedFields: never;
        Insert: {
          auth_user_id: string;
          last_seen_at?: string;
          link_opened_at?: string | null;
          password_checked_at?: string | null;
          session_id: string;
        };
        Update: {
          auth_user_id?: string;
          last_seen_at?: string;
          link_opened_at?: string | null;
          password_checked_at?: string | null;
          session_id?: string;
        };
        Relationships: [];
      };
      admin_settings: {
        Row: {
          approval_bulk_items: number;
          approval_credit_cents: number;
          approval_hours: number;
          approval_price_cents: number;
          created_at: string;
          created_by: string | null;
          monthly_grants_per_admin: number;
          reason: string;
          second_factor_required: boolean;
          session_hours: number;
          session_idle_minutes: number;
          version: number;
        };
        ComputedFields: never;
        Insert: {
          approval_bulk_items?: number;
          approval_credit_cents?: number;
          approval_hours?: number;
          approval_price_cents?: number;
          created_at?: string;
          created_by?: string | null;
          monthly_grants_per_admin?: number;
          reason: string;
          second_factor_required?: boolean;
          session_hours?: number;
          session_idle_minutes?: number;
          version: number;
        };
        Update: {
          approval_bulk_items?: number;
          approval_credit_cents?: number;
          approval_hours?: number;
          approval_price_cents?: number;
          created_at?: string;
          created_by?: string | null;
          monthly_grants_per_admin?: number;
          reason?: string;
          second_factor_required?: boolean;
          session_hours?: number;
          session_idle_minutes?: number;
          version?: number;
        };
        Relationships: [];
      };
      admin_users: {
        Row: {
          accepted_at: string | null;
          auth_user_id: string;
          created_at: string;
          email: string;
          id: string;
          is_active: boolean;
          name: string;
          role: string;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          accepted_at?: string | null;
          auth_user_id: string;
          created_at?: string;
          email: string;
          id?: string;
          is_active?: boolean;
          name: string;
          role: string;
          updated_at?: string;
        };
        Update: {
          accepted_at?: string | null;
          auth_user_id?: string;
          created_at?: string;
          email?: string;
          id?: string;
          is_active?: boolean;
          name?: string;
          role?: string;
          updated_at?: string;
        };
        Relationships: [];
      };
      api_keys: {
        Row: {
          created_at: string;
          created_by: string;
          expires_at: string | null;
          id: string;
          last_used_at: string | null;
          name: string;
          prefix: string;
          revoke_reason: string | null;
          revoked_at: string | null;
          revoked_by: string | null;
          scopes: string[];
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          created_by: string;
          expires_at?: string | null;
          id?: string;
          last_used_at?: string | null;
          name: string;
          prefix: string;
          revoke_reason?: string | null;
          revoked_at?: string | null;
          revoked_by?: string | null;
          scopes: string[];
        };
        Update: {
          created_at?: string;
          created_by?: string;
          expires_at?: string | null;
          id?: string;
          last_used_at?: string | null;
          name?: string;
          prefix?: string;
          revoke_reason?: string | null;
          revoked_at?: string | null;
          revoked_by?: string | null;
          scopes?: string[];
        };
        Relationships: [];
      };
      approvals: {
        Row: {
          amount_cents: number | null;
          carried_out_at: string | null;
          customer_id: string | null;
          decided_at: string | null;
          decided_by: string | null;
          decision_reason: string | null;
          expires_at: string;
          id: string;
          intent: NonNullable<Json>;
          kind: string;
          reason: string;
          requested_at: string;
          requested_by: string;
          result: Json | null;
          status: string;
        };
        ComputedFields: never;
        Insert: {
          amount_cents?: number | null;
          carried_out_at?: string | null;
          customer_id?: string | null;
          decided_at?: string | null;
          decided_by?: string | null;
          decision_reason?: string | null;
          expires_at: string;
          id?: string;
          intent: NonNullable<Json>;
          kind: string;
          reason: string;
          requested_at?: string;
          requested_by: string;
          result?: Json | null;
          status?: string;
        };
        Update: {
          amount_cents?: number | null;
          carried_out_at?: string | null;
          customer_id?: string | null;
          decided_at?: string | null;
          decided_by?: string | null;
          decision_reason?: string | null;
          expires_at?: string;
          id?: string;
          intent?: NonNullable<Json>;
          kind?: string;
          reason?: string;
          requested_at?: string;
          requested_by?: string;
          result?: Json | null;
          status?: string;
        };
        Relationships: [
          {
            foreignKeyName: "approvals_customer_id_fkey";
            columns: ["customer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
        ];
      };
      audit_chain: {
        Row: {
          audit_id: number;
          hash: string;
          position: number;
        };
        ComputedFields: never;
        Insert: {
          audit_id: number;
          hash: string;
          position: number;
        };
        Update: {
          audit_id?: number;
          hash?: string;
          position?: number;
        };
        Relationships: [
          {
            foreignKeyName: "audit_chain_audit_id_fkey";
            columns: ["audit_id"];
            isOneToOne: true;
            referencedRelation: "audit_log";
            referencedColumns: ["id"];
          },
        ];
      };
      audit_log: {
        Row: {
          action: string;
          actor_id: string | null;
          after: Json | null;
          before: Json | null;
          created_at: string;
          customer_id: string | null;
          entity_id: string | null;
          entity_type: string;
          id: number;
          reason: string | null;
        };
        ComputedFields: never;
        Insert: {
          action: string;
          actor_id?: string | null;
          after?: Json | null;
          before?: Json | null;
          created_at?: string;
          customer_id?: string | null;
          entity_id?: string | null;
          entity_type: string;
          id?: never;
          reason?: string | null;
        };
        Update: {
          action?: string;
          actor_id?: string | null;
          after?: Json | null;
          before?: Json | null;
          created_at?: string;
          customer_id?: string | null;
          entity_id?: string | null;
          entity_type?: string;
          id?: never;
          reason?: string | null;
        };
        Relationships: [];
      };
      audit_unsealed: {
        Row: {
          audit_id: number;
        };
        ComputedFields: never;
        Insert: {
          audit_id: number;
        };
        Update: {
          audit_id?: number;
        };
        Relationships: [
          {
            foreignKeyName: "audit_unsealed_audit_id_fkey";
            columns: ["audit_id"];
            isOneToOne: true;
            referencedRelation: "audit_log";
            referencedColumns: ["id"];
          },
        ];
      };
      billing_run_steps: {
        Row: {
          created_at: string;
          free_months: number;
          id: number;
          invoices: number;
          last_customer_id: string | null;
          process_id: string;
          run_id: string;
          step: string;
          total_cents: number;
          waived_cents: number;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          free_months?: number;
          id?: never;
          invoices?: number;
          last_customer_id?: string | null;
          process_id: string;
          run_id: string;
          step: string;
          total_cents?: number;
          waived_cents?: number;
        };
        Update: {
          created_at?: string;
          free_months?: number;
          id?: never;
          invoices?: number;
          last_customer_id?: string | null;
          process_id?: string;
          run_id?: string;
          step?: string;
          total_cents?: number;
          waived_cents?: number;
        };
        Relationships: [
          {
            foreignKeyName: "billing_run_steps_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "billing_runs";
            referencedColumns: ["id"];
          },
        ];
      };
      billing_runs: {
        Row: {
          as_of: string;
          errors: NonNullable<Json>;
          finished_at: string | null;
          force_reason: string | null;
          free_months: number;
          heartbeat_at: string;
          id: string;
          invoices: number;
          period_end: string;
          period_start: string;
          rewards_enabled: boolean;
          services_total: number;
          settings_version: number | null;
          skipped: number;
          started_at: string;
          started_by: string | null;
          status: string;
          total_cents: number;
          trigger: string;
          waived_cents: number;
        };
        ComputedFields: never;
        Insert: {
          as_of: string;
          errors?: NonNullable<Json>;
          finished_at?: string | null;
          force_reason?: string | null;
          free_months?: number;
          heartbeat_at?: string;
          id?: string;
          invoices?: number;
          period_end: string;
          period_start: string;
          rewards_enabled?: boolean;
          services_total?: number;
          settings_version?: number | null;
          skipped?: number;
          started_at?: string;
          started_by?: string | null;
          status?: string;
          total_cents?: number;
          trigger?: string;
          waived_cents?: number;
        };
        Update: {
          as_of?: string;
          errors?: NonNullable<Json>;
          finished_at?: string | null;
          force_reason?: string | null;
          free_months?: number;
          heartbeat_at?: string;
          id?: string;
          invoices?: number;
          period_end?: string;
          period_start?: string;
          rewards_enabled?: boolean;
          services_total?: number;
          settings_version?: number | null;
          skipped?: number;
          started_at?: string;
          started_by?: string | null;
          status?: string;
          total_cents?: number;
          trigger?: string;
          waived_cents?: number;
        };
        Relationships: [
          {
            foreignKeyName: "billing_runs_settings_version_fkey";
            columns: ["settings_version"];
            isOneToOne: false;
            referencedRelation: "billing_settings";
            referencedColumns: ["version"];
          },
        ];
      };
      billing_settings: {
        Row: {
          brand_name: string;
          completion_months: number;
          created_at: string;
          created_by: string | null;
          credit_note_prefix: string;
          currency: string;
          effective_on: string;
          invoice_prefix: string;
          payment_days: number;
          payment_instructions: string;
          retention_years: number;
          seller: NonNullable<Json>;
          support_email: string;
          time_zone: string;
          vat_bps: number;
          version: number;
        };
        ComputedFields: never;
        Insert: {
          brand_name: string;
          completion_months?: number;
          created_at?: string;
          created_by?: string | null;
          credit_note_prefix?: string;
          currency?: string;
          effective_on: string;
          invoice_prefix?: string;
          payment_days?: number;
          payment_instructions?: string;
          retention_years?: number;
          seller: NonNullable<Json>;
          support_email: string;
          time_zone?: string;
          vat_bps?: number;
          version: number;
        };
        Update: {
          brand_name?: string;
          completion_months?: number;
          created_at?: string;
          created_by?: string | null;
          credit_note_prefix?: string;
          currency?: string;
          effective_on?: string;
          invoice_prefix?: string;
          payment_days?: number;
          payment_instructions?: string;
          retention_years?: number;
          seller?: NonNullable<Json>;
          support_email?: string;
          time_zone?: string;
          vat_bps?: number;
          version?: number;
        };
        Relationships: [];
      };
      bulk_job_items: {
        Row: {
          answer: Json | null;
          code: string | null;
          customer_id: string | null;
          decided_at: string | null;
          detail: string | null;
          dry_run: Json | null;
          input: string;
          job_id: string;
          number: number;
          status: string;
          target: Json | null;
        };
        ComputedFields: never;
        Insert: {
          answer?: Json | null;
          code?: string | null;
          customer_id?: string | null;
          decided_at?: string | null;
          detail?: string | null;
          dry_run?: Json | null;
          input: string;
          job_id: string;
          number: number;
          status?: string;
          target?: Json | null;
        };
        Update: {
          answer?: Json | null;
          code?: string | null;
          customer_id?: string | null;
          decided_at?: string | null;
          detail?: string | null;
          dry_run?: Json | null;
          input?: string;
          job_id?: string;
          number?: number;
          status?: string;
          target?: Json | null;
        };
        Relationships: [
          {
            foreignKeyName: "bulk_job_items_customer_id_fkey";
            columns: ["customer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "bulk_job_items_job_id_fkey";
            columns: ["job_id"];
            isOneToOne: false;
            referencedRelation: "bulk_jobs";
            referencedColumns: ["id"];
          },
        ];
      };
      bulk_jobs: {
        Row: {
          act: string;
          approval_id: string | null;
          confirm_recent: boolean;
          created_at: string;
          created_by: string;
          id: string;
          reason: string;
          source: NonNullable<Json>;
          started_at: string | null;
          stop_reason: string | null;
          stopped_at: string | null;
          stopped_by: string | null;
          until: string | null;
        };
        ComputedFields: never;
        Insert: {
          act: string;
          approval_id?: string | null;
          confirm_recent?: boolean;
          created_at?: string;
          created_by: string;
          id?: string;
          reason: string;
          source: NonNullable<Json>;
          started_at?: string | null;
          stop_reason?: string | null;
          stopped_at?: string | null;
          stopped_by?: string | null;
          until?: string | null;
        };
        Update: {
          act?: string;
          approval_id?: string | null;
          confirm_recent?: boolean;
          created_at?: string;
          created_by?: string;
          id?: string;
          reason?: string;
          source?: NonNullable<Json>;
          started_at?: string | null;
          stop_reason?: string | null;
          stopped_at?: string | null;
          stopped_by?: string | null;
          until?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "bulk_jobs_approval_id_fkey";
            columns: ["approval_id"];
            isOneToOne: false;
            referencedRelation: "approvals";
            referencedColumns: ["id"];
          },
        ];
      };
      coverage_areas: {
        Row: {
          city: string;
          city_key: string;
          id: string;
          is_covered: boolean;
          postal_code: string;
          suburb: string;
          suburb_key: string;
        };
        ComputedFields: never;
        Insert: {
          city: string;
          city_key?: never;
          id?: string;
          is_covered: boolean;
          postal_code: string;
          suburb: string;
          suburb_key?: never;
        };
        Update: {
          city?: string;
          city_key?: never;
          id?: string;
          is_covered?: boolean;
          postal_code?: string;
          suburb?: string;
          suburb_key?: never;
        };
        Relationships: [];
      };
      coverage_waits: {
        Row: {
          created_at: string;
          email: string;
          first_name: string;
          id: string;
          package_slug: string | null;
          postal_code: string;
          referral_code: string | null;
          referrer_id: string | null;
          suburb: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          email: string;
          first_name: string;
          id?: string;
          package_slug?: string | null;
          postal_code: string;
          referral_code?: string | null;
          referrer_id?: string | null;
          suburb?: string;
        };
        Update: {
          created_at?: string;
          email?: string;
          first_name?: string;
          id?: string;
          package_slug?: string | null;
          postal_code?: string;
          referral_code?: string | null;
          referrer_id?: string | null;
          suburb?: string;
        };
        Relationships: [
          {
            foreignKeyName: "coverage_waits_referrer_id_fkey";
            columns: ["referrer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
        ];
      };
      credit_notes: {
        Row: {
          buyer: NonNullable<Json>;
          credit_note_number: string;
          currency: string;
          customer_id: string;
          id: string;
          invoice_id: string;
          issued_at: string;
          issued_by: string;
          line_items: NonNullable<Json>;
          reason: string;
          seller: NonNullable<Json>;
          subtotal_cents: number;
          total_cents: number;
          vat_bps: number;
          vat_cents: number;
        };
        ComputedFields: never;
        Insert: {
          buyer: NonNullable<Json>;
          credit_note_number: string;
          currency: string;
          customer_id: string;
          id?: string;
          invoice_id: string;
          issued_at?: string;
          issued_by: string;
          line_items: NonNullable<Json>;
          reason: string;
          seller: NonNullable<Json>;
          subtotal_cents: number;
          total_cents: number;
          vat_bps: number;
          vat_cents: number;
        };
        Update: {
          buyer?: NonNullable<Json>;
          credit_note_number?: string;
          currency?: string;
          customer_id?: string;
          id?: string;
          invoice_id?: string;
          issued_at?: string;
          issued_by?: string;
          line_items?: NonNullable<Json>;
          reason?: string;
          seller?: NonNullable<Json>;
          subtotal_cents?: number;
          total_cents?: number;
          vat_bps?: number;
          vat_cents?: number;
        };
        Relationships: [
          {
            foreignKeyName: "credit_notes_customer_id_fkey";
            columns: ["customer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "credit_notes_invoice_id_fkey";
            columns: ["invoice_id"];
            isOneToOne: false;
            referencedRelation: "customer_invoices";
            referencedColumns: ["id"];
          },
        ];
      };
      customer_invoices: {
        Row: {
          amount_due_cents: number;
          amount_waived_cents: number;
          buyer: NonNullable<Json>;
          currency: string;
          customer_id: string;
          due_on: string;
          id: string;
          invoice_number: string;
          is_free_month: boolean;
          issued_at: string;
          line_items: NonNullable<Json>;
          period_end: string;
          period_start: string;
          price_cents: number;
          referral_reward_id: string | null;
          reward_description: string | null;
          reward_treatment: string | null;
          run_id: string | null;
          seller: NonNullable<Json>;
          service_id: string;
          subtotal_cents: number;
          total_cents: number;
          vat_bps: number;
          vat_cents: number;
        };
        ComputedFields: never;
        Insert: {
          amount_due_cents: number;
          amount_waived_cents?: number;
          buyer: NonNullable<Json>;
          currency?: string;
          customer_id: string;
          due_on: string;
          id?: string;
          invoice_number: string;
          is_free_month?: boolean;
          issued_at?: string;
          line_items: NonNullable<Json>;
          period_end: string;
          period_start: string;
          price_cents: number;
          referral_reward_id?: string | null;
          reward_description?: string | null;
          reward_treatment?: string | null;
          run_id?: string | null;
          seller: NonNullable<Json>;
          service_id: string;
          subtotal_cents: number;
          total_cents: number;
          vat_bps: number;
          vat_cents: number;
        };
        Update: {
          amount_due_cents?: number;
          amount_waived_cents?: number;
          buyer?: NonNullable<Json>;
          currency?: string;
          customer_id?: string;
          due_on?: string;
          id?: string;
          invoice_number?: string;
          is_free_month?: boolean;
          issued_at?: string;
          line_items?: NonNullable<Json>;
          period_end?: string;
          period_start?: string;
          price_cents?: number;
          referral_reward_id?: string | null;
          reward_description?: string | null;
          reward_treatment?: string | null;
          run_id?: string | null;
          seller?: NonNullable<Json>;
          service_id?: string;
          subtotal_cents?: number;
          total_cents?: number;
          vat_bps?: number;
          vat_cents?: number;
        };
        Relationships: [
          {
            foreignKeyName: "customer_invoices_customer_id_fkey";
            columns: ["customer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "customer_invoices_referral_reward_id_fkey";
            columns: ["referral_reward_id"];
            isOneToOne: true;
            referencedRelation: "referral_rewards";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "customer_invoices_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "billing_runs";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "customer_invoices_service_id_fkey";
            columns: ["service_id"];
            isOneToOne: false;
            referencedRelation: "customer_services";
            referencedColumns: ["id"];
          },
        ];
      };
      customer_referrals: {
        Row: {
          activated_at: string | null;
          activation_due_at: string;
          cancelled_at: string | null;
          channel: string;
          expired_at: string | null;
          id: string;
          ip_address: unknown;
          order_id: string;
          program_version: number;
          qualified_at: string | null;
          qualifies_at: string | null;
          referral_code: string;
          referred_at: string;
          referred_customer_id: string;
          referred_email: string;
          referred_email_normalised: string | null;
          referred_mailbox: string | null;
          referrer_id: string;
          rejected_at: string | null;
          reward_id: string | null;
          source: string;
          status: string;
          status_reason: string | null;
          user_agent: string | null;
          via: string | null;
          visited_at: string | null;
        };
        ComputedFields: never;
        Insert: {
          activated_at?: string | null;
          activation_due_at: string;
          cancelled_at?: string | null;
          channel?: never;
          expired_at?: string | null;
          id?: string;
          ip_address?: unknown;
          order_id: string;
          program_version: number;
          qualified_at?: string | null;
          qualifies_at?: string | null;
          referral_code: string;
          referred_at?: string;
          referred_customer_id: string;
          referred_email: string;
          referred_email_normalised?: never;
          referred_mailbox?: string | null;
          referrer_id: string;
          rejected_at?: string | null;
          reward_id?: string | null;
          source?: string;
          status?: string;
          status_reason?: string | null;
          user_agent?: string | null;
          via?: string | null;
          visited_at?: string | null;
        };
        Update: {
          activated_at?: string | null;
          activation_due_at?: string;
          cancelled_at?: string | null;
          channel?: never;
          expired_at?: string | null;
          id?: string;
          ip_address?: unknown;
          order_id?: string;
          program_version?: number;
          qualified_at?: string | null;
          qualifies_at?: string | null;
          referral_code?: string;
          referred_at?: string;
          referred_customer_id?: string;
          referred_email?: string;
          referred_email_normalised?: never;
          referred_mailbox?: string | null;
          referrer_id?: string;
          rejected_at?: string | null;
          reward_id?: string | null;
          source?: string;
          status?: string;
          status_reason?: string | null;
          user_agent?: string | null;
          via?: string | null;
          visited_at?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "customer_referrals_order_id_fkey";
            columns: ["order_id"];
            isOneToOne: false;
            referencedRelation: "orders";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "customer_referrals_program_version_fkey";
            columns: ["program_version"];
            isOneToOne: false;
            referencedRelation: "referral_program";
            referencedColumns: ["version"];
          },
          {
            foreignKeyName: "customer_referrals_referred_customer_id_fkey";
            columns: ["referred_customer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "customer_referrals_referrer_id_fkey";
            columns: ["referrer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "customer_referrals_reward_id_fkey";
            columns: ["reward_id"];
            isOneToOne: false;
            referencedRelation: "referral_rewards";
            referencedColumns: ["id"];
          },
        ];
      };
      customer_services: {
        Row: {
          activated_at: string | null;
          cancelled_at: string | null;
          created_at: string;
          customer_id: string;
          ended_at: string | null;
          id: string;
          is_external: boolean;
          monthly_price_cents: number;
          order_id: string | null;
          package_id: string;
          revision: number;
          status: string;
          suspended_at: string | null;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          activated_at?: string | null;
          cancelled_at?: string | null;
          created_at?: string;
          customer_id: string;
          ended_at?: never;
          id?: string;
          is_external?: boolean;
          monthly_price_cents: number;
          order_id?: string | null;
          package_id: string;
          revision?: number;
          status?: string;
          suspended_at?: string | null;
          updated_at?: string;
        };
        Update: {
          activated_at?: string | null;
          cancelled_at?: string | null;
          created_at?: string;
          customer_id?: string;
          ended_at?: never;
          id?: string;
          is_external?: boolean;
          monthly_price_cents?: number;
          order_id?: string | null;
          package_id?: string;
          revision?: number;
          status?: string;
          suspended_at?: string | null;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "customer_services_customer_id_fkey";
            columns: ["customer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "customer_services_order_id_fkey";
            columns: ["order_id"];
            isOneToOne: true;
            referencedRelation: "orders";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "customer_services_package_id_fkey";
            columns: ["package_id"];
            isOneToOne: false;
            referencedRelation: "service_packages";
            referencedColumns: ["id"];
          },
        ];
      };
      customers: {
        Row: {
          address: Json | null;
          address_key: string | null;
          address_near_keys: string[];
          auth_user_id: string | null;
          created_at: string;
          email: string;
          email_normalised: string | null;
          erased_at: string | null;
          first_name: string;
          former_phones: string[];
          full_name: string;
          id: string;
          last_name: string;
          mailbox: string | null;
          pending_user_id: string | null;
          phone: string | null;
          referral_code: string;
          referral_code_key: string | null;
          search_text: string;
          vat_number: string | null;
        };
        ComputedFields: never;
        Insert: {
          address?: Json | null;
          address_key?: string | null;
          address_near_keys?: string[];
          auth_user_id?: string | null;
          created_at?: string;
          email: string;
          email_normalised?: never;
          erased_at?: string | null;
          first_name: string;
          former_phones?: string[];
          full_name?: never;
          id?: string;
          last_name: string;
          mailbox?: string | null;
          pending_user_id?: string | null;
          phone?: string | null;
          referral_code: string;
          referral_code_key?: never;
          search_text?: never;
          vat_number?: string | null;
        };
        Update: {
          address?: Json | null;
          address_key?: string | null;
          address_near_keys?: string[];
          auth_user_id?: string | null;
          created_at?: string;
          email?: string;
          email_normalised?: never;
          erased_at?: string | null;
          first_name?: string;
          former_phones?: string[];
          full_name?: never;
          id?: string;
          last_name?: string;
          mailbox?: string | null;
          pending_user_id?: string | null;
          phone?: string | null;
          referral_code?: string;
          referral_code_key?: never;
          search_text?: never;
          vat_number?: string | null;
        };
        Relationships: [];
      };
      erased_accounts: {
        Row: {
          auth_user_id: string;
          erased_at: string;
        };
        ComputedFields: never;
        Insert: {
          auth_user_id: string;
          erased_at?: string;
        };
        Update: {
          auth_user_id?: string;
          erased_at?: string;
        };
        Relationships: [];
      };
      erasure_requests: {
        Row: {
          asked_at: string;
          customer_id: string;
          id: string;
        };
        ComputedFields: never;
        Insert: {
          asked_at?: string;
          customer_id: string;
          id?: string;
        };
        Update: {
          asked_at?: string;
          customer_id?: string;
          id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "erasure_requests_customer_id_fkey";
            columns: ["customer_id"];
            isOneToOne: true;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
        ];
      };
      external_events: {
        Row: {
          api_key_id: string;
          at: string;
          customer_id: string;
          id: string;
          order_id: string;
          received_at: string;
          type: string;
        };
        ComputedFields: never;
        Insert: {
          api_key_id: string;
          at: string;
          customer_id: string;
          id?: string;
          order_id: string;
          received_at: string;
          type: string;
        };
        Update: {
          api_key_id?: string;
          at?: string;
          customer_id?: string;
          id?: string;
          order_id?: string;
          received_at?: string;
          type?: string;
        };
        Relationships: [
          {
            foreignKeyName: "external_events_api_key_id_fkey";
            columns: ["api_key_id"];
            isOneToOne: false;
            referencedRelation: "api_keys";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "external_events_customer_id_fkey";
            columns: ["customer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "external_events_order_id_fkey";
            columns: ["order_id"];
            isOneToOne: false;
            referencedRelation: "orders";
            referencedColumns: ["id"];
          },
        ];
      };
      external_orders: {
        Row: {
          answer: NonNullable<Json>;
          api_key_id: string;
          external_id: string;
          order_id: string;
          recorded_at: string;
          request_hash: string | null;
        };
        ComputedFields: never;
        Insert: {
          answer: NonNullable<Json>;
          api_key_id: string;
          external_id: string;
          order_id: string;
          recorded_at: string;
          request_hash?: string | null;
        };
        Update: {
          answer?: NonNullable<Json>;
          api_key_id?: string;
          external_id?: string;
          order_id?: string;
          recorded_at?: string;
          request_hash?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "external_orders_api_key_id_fkey";
            columns: ["api_key_id"];
            isOneToOne: false;
            referencedRelation: "api_keys";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "external_orders_order_id_fkey";
            columns: ["order_id"];
            isOneToOne: true;
            referencedRelation: "orders";
            referencedColumns: ["id"];
          },
        ];
      };
      fraud_settings: {
        Row: {
          created_at: string;
          created_by: string | null;
          reason: string;
          settings: NonNullable<Json>;
          version: number;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          created_by?: string | null;
          reason: string;
          settings?: NonNullable<Json>;
          version: number;
        };
        Update: {
          created_at?: string;
          created_by?: string | null;
          reason?: string;
          settings?: NonNullable<Json>;
          version?: number;
        };
        Relationships: [];
      };
      idempotency_keys: {
        Row: {
          created_at: string;
          key: string;
          request_hash: string;
          response: Json | null;
          scope: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          key: string;
          request_hash: string;
          response?: Json | null;
          scope: string;
        };
        Update: {
          created_at?: string;
          key?: string;
          request_hash?: string;
          response?: Json | null;
          scope?: string;
        };
        Relationships: [];
      };
      invoice_payments: {
        Row: {
          amount_cents: number;
          created_at: string;
          customer_id: string;
          id: string;
          invoice_id: string;
          method: string;
          paid_on: string;
          recorded_by: string | null;
          reference: string | null;
        };
        ComputedFields: never;
        Insert: {
          amount_cents: number;
          created_at?: string;
          customer_id: string;
          id?: string;
          invoice_id: string;
          method?: string;
          paid_on: string;
          recorded_by?: string | null;
          reference?: string | null;
        };
        Update: {
          amount_cents?: number;
          created_at?: string;
          customer_id?: string;
          id?: string;
          invoice_id?: string;
          method?: string;
          paid_on?: string;
          recorded_by?: string | null;
          reference?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "invoice_payments_customer_id_fkey";
            columns: ["customer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "invoice_payments_invoice_id_fkey";
            columns: ["invoice_id"];
            isOneToOne: false;
            referencedRelation: "customer_invoices";
            referencedColumns: ["id"];
          },
        ];
      };
      invoice_series: {
        Row: {
          last_number: number;
          series: string;
          year: number;
        };
        ComputedFields: never;
        Insert: {
          last_number?: number;
          series: string;
          year: number;
        };
        Update: {
          last_number?: number;
          series?: string;
          year?: number;
        };
        Relationships: [];
      };
      invoice_settlements: {
        Row: {
          credited_cents: number;
          customer_id: string;
          from_account_cents: number;
          invoice_id: string;
          outstanding_cents: number;
          paid_cents: number;
        };
        ComputedFields: never;
        Insert: {
          credited_cents: number;
          customer_id: string;
          from_account_cents: number;
          invoice_id: string;
          outstanding_cents: number;
          paid_cents: number;
        };
        Update: {
          credited_cents?: number;
          customer_id?: string;
          from_account_cents?: number;
          invoice_id?: string;
          outstanding_cents?: number;
          paid_cents?: number;
        };
        Relationships: [
          {
            foreignKeyName: "invoice_settlements_customer_id_fkey";
            columns: ["customer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "invoice_settlements_invoice_id_fkey";
            columns: ["invoice_id"];
            isOneToOne: true;
            referencedRelation: "customer_invoices";
            referencedColumns: ["id"];
          },
        ];
      };
      job_states: {
        Row: {
          failures: number;
          job: string;
          last_duration_ms: number | null;
          last_run_at: string | null;
          last_success_at: string | null;
          late_after: string;
          runs: number;
          unbilled: number;
        };
        ComputedFields: never;
        Insert: {
          failures?: number;
          job: string;
          last_duration_ms?: number | null;
          last_run_at?: string | null;
          last_success_at?: string | null;
          late_after: string;
          runs?: number;
          unbilled?: number;
        };
        Update: {
          failures?: number;
          job?: string;
          last_duration_ms?: number | null;
          last_run_at?: string | null;
          last_success_at?: string | null;
          late_after?: string;
          runs?: number;
          unbilled?: number;
        };
        Relationships: [];
      };
      launch_plans: {
        Row: {
          created_at: string;
          created_by: string | null;
          launched_on: string | null;
          reason: string;
          targets: NonNullable<Json>;
          version: number;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          created_by?: string | null;
          launched_on?: string | null;
          reason: string;
          targets: NonNullable<Json>;
          version: number;
        };
        Update: {
          created_at?: string;
          created_by?: string | null;
          launched_on?: string | null;
          reason?: string;
          targets?: NonNullable<Json>;
          version?: number;
        };
        Relationships: [];
      };
      mail_choices: {
        Row: {
          chosen_at: string;
          customer_id: string;
          id: number;
          is_wanted: boolean;
          kind: string;
          source: string;
        };
        ComputedFields: never;
        Insert: {
          chosen_at?: string;
          customer_id: string;
          id?: never;
          is_wanted: boolean;
          kind: string;
          source: string;
        };
        Update: {
          chosen_at?: string;
          customer_id?: string;
          id?: never;
          is_wanted?: boolean;
          kind?: string;
          source?: string;
        };
        Relationships: [
          {
            foreignKeyName: "mail_choices_customer_id_fkey";
            columns: ["customer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
        ];
      };
      mail_events: {
        Row: {
          detail: string | null;
          id: string;
          kind: string;
          notification_id: string | null;
          occurred_at: string;
          provider_message_id: string;
          received_at: string;
        };
        ComputedFields: never;
        Insert: {
          detail?: string | null;
          id: string;
          kind: string;
          notification_id?: string | null;
          occurred_at: string;
          provider_message_id: string;
          received_at?: string;
        };
        Update: {
          detail?: string | null;
          id?: string;
          kind?: string;
          notification_id?: string | null;
          occurred_at?: string;
          provider_message_id?: string;
          received_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "mail_events_notification_id_fkey";
            columns: ["notification_id"];
            isOneToOne: false;
            referencedRelation: "notifications";
            referencedColumns: ["id"];
          },
        ];
      };
      mail_gate: {
        Row: {
          cause: string | null;
          error: string | null;
          failed_probes: number;
          id: boolean;
          next_probe_at: string | null;
          next_slot_at: string;
          opened_at: string | null;
          paused_until: string | null;
          probe_token: string | null;
          throttles: number;
        };
        ComputedFields: never;
        Insert: {
          cause?: string | null;
          error?: string | null;
          failed_probes?: number;
          id?: boolean;
          next_probe_at?: string | null;
          next_slot_at?: string;
          opened_at?: string | null;
          paused_until?: string | null;
          probe_token?: string | null;
          throttles?: number;
        };
        Update: {
          cause?: string | null;
          error?: string | null;
          failed_probes?: number;
          id?: boolean;
          next_probe_at?: string | null;
          next_slot_at?: string;
          opened_at?: string | null;
          paused_until?: string | null;
          probe_token?: string | null;
          throttles?: number;
        };
        Relationships: [];
      };
      mail_settings: {
        Row: {
          created_at: string;
          created_by: string | null;
          mails_per_minute: number | null;
          programme_mails_per_day: number;
          quiet_from: number;
          quiet_until: number;
          reason: string;
          retention_days: number;
          soft_bounce_days: number;
          soft_bounce_limit: number;
          version: number;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          created_by?: string | null;
          mails_per_minute?: number | null;
          programme_mails_per_day?: number;
          quiet_from?: number;
          quiet_until?: number;
          reason: string;
          retention_days?: number;
          soft_bounce_days?: number;
          soft_bounce_limit?: number;
          version: number;
        };
        Update: {
          created_at?: string;
          created_by?: string | null;
          mails_per_minute?: number | null;
          programme_mails_per_day?: number;
          quiet_from?: number;
          quiet_until?: number;
          reason?: string;
          retention_days?: number;
          soft_bounce_days?: number;
          soft_bounce_limit?: number;
          version?: number;
        };
        Relationships: [];
      };
      mail_suppressions: {
        Row: {
          address: string;
          cause: string;
          created_at: string;
          id: string;
          lift_reason: string | null;
          lifted_at: string | null;
          lifted_by: string | null;
          notification_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          address: string;
          cause: string;
          created_at?: string;
          id?: string;
          lift_reason?: string | null;
          lifted_at?: string | null;
          lifted_by?: string | null;
          notification_id?: string | null;
        };
        Update: {
          address?: string;
          cause?: string;
          created_at?: string;
          id?: string;
          lift_reason?: string | null;
          lifted_at?: string | null;
          lifted_by?: string | null;
          notification_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "mail_suppressions_notification_id_fkey";
            columns: ["notification_id"];
            isOneToOne: false;
            referencedRelation: "notifications";
            referencedColumns: ["id"];
          },
        ];
      };
      notification_tries: {
        Row: {
          ended_at: string | null;
          error: string | null;
          http_status: number | null;
          id: number;
          notification_id: string;
          outcome: string | null;
          provider_key: string;
          started_at: string;
        };
        ComputedFields: never;
        Insert: {
          ended_at?: string | null;
          error?: string | null;
          http_status?: number | null;
          id?: never;
          notification_id: string;
          outcome?: string | null;
          provider_key: string;
          started_at?: string;
        };
        Update: {
          ended_at?: string | null;
          error?: string | null;
          http_status?: number | null;
          id?: never;
          notification_id?: string;
          outcome?: string | null;
          provider_key?: string;
          started_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "notification_tries_notification_id_fkey";
            columns: ["notification_id"];
            isOneToOne: false;
            referencedRelation: "notifications";
            referencedColumns: ["id"];
          },
        ];
      };
      notifications: {
        Row: {
          attempts: number;
          cancel_cause: string | null;
          created_at: string;
          customer_id: string | null;
          dedupe_key: string;
          delivery_at: string | null;
          delivery_state: string | null;
          failure_cause: string | null;
          first_attempt_at: string | null;
          gate_openings: number;
          html: string | null;
          id: string;
          lane: number | null;
          last_error: string | null;
          lease_token: string | null;
          lease_until: string | null;
          may_have_arrived: boolean;
          merged_into: string | null;
          next_attempt_at: string;
          number: number;
          payload: NonNullable<Json>;
          provider_key: string | null;
          provider_message_id: string | null;
          recipient: string;
          reply_to: string | null;
          sent_at: string | null;
          status: string;
          subject: string | null;
          template: string;
          text_body: string | null;
          unsubscribe_url: string | null;
        };
        ComputedFields: never;
        Insert: {
          attempts?: number;
          cancel_cause?: string | null;
          created_at?: string;
          customer_id?: string | null;
          dedupe_key: string;
          delivery_at?: string | null;
          delivery_state?: string | null;
          failure_cause?: string | null;
          first_attempt_at?: string | null;
          gate_openings?: number;
          html?: string | null;
          id?: string;
          lane?: never;
          last_error?: string | null;
          lease_token?: string | null;
          lease_until?: string | null;
          may_have_arrived?: boolean;
          merged_into?: string | null;
          next_attempt_at?: string;
          number?: number;
          payload?: NonNullable<Json>;
          provider_key?: string | null;
          provider_message_id?: string | null;
          recipient: string;
          reply_to?: string | null;
          sent_at?: string | null;
          status?: string;
          subject?: string | null;
          template: string;
          text_body?: string | null;
          unsubscribe_url?: string | null;
        };
        Update: {
          attempts?: number;
          cancel_cause?: string | null;
          created_at?: string;
          customer_id?: string | null;
          dedupe_key?: string;
          delivery_at?: string | null;
          delivery_state?: string | null;
          failure_cause?: string | null;
          first_attempt_at?: string | null;
          gate_openings?: number;
          html?: string | null;
          id?: string;
          lane?: never;
          last_error?: string | null;
          lease_token?: string | null;
          lease_until?: string | null;
          may_have_arrived?: boolean;
          merged_into?: string | null;
          next_attempt_at?: string;
          number?: number;
          payload?: NonNullable<Json>;
          provider_key?: string | null;
          provider_message_id?: string | null;
          recipient?: string;
          reply_to?: string | null;
          sent_at?: string | null;
          status?: string;
          subject?: string | null;
          template?: string;
          text_body?: string | null;
          unsubscribe_url?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "notifications_customer_id_fkey";
            columns: ["customer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "notifications_merged_into_fkey";
            columns: ["merged_into"];
            isOneToOne: false;
            referencedRelation: "notifications";
            referencedColumns: ["id"];
          },
        ];
      };
      orders: {
        Row: {
          activated_at: string | null;
          address_key: string | null;
          address_near_keys: string[];
          cancel_reason: string | null;
          cancelled_at: string | null;
          created_at: string;
          customer_id: string;
          id: string;
          installation_address: NonNullable<Json>;
          ip_address: unknown;
          is_open: boolean;
          order_number: string;
          package_id: string;
          referral_code: string | null;
          referral_outcome: string;
          referral_reason: string | null;
          status: string;
          user_agent: string | null;
        };
        ComputedFields: never;
        Insert: {
          activated_at?: string | null;
          address_key?: string | null;
          address_near_keys?: string[];
          cancel_reason?: string | null;
          cancelled_at?: string | null;
          created_at?: string;
          customer_id: string;
          id?: string;
          installation_address?: NonNullable<Json>;
          ip_address?: unknown;
          is_open?: never;
          order_number: string;
          package_id: string;
          referral_code?: string | null;
          referral_outcome?: string;
          referral_reason?: string | null;
          status?: string;
          user_agent?: string | null;
        };
        Update: {
          activated_at?: string | null;
          address_key?: string | null;
          address_near_keys?: string[];
          cancel_reason?: string | null;
          cancelled_at?: string | null;
          created_at?: string;
          customer_id?: string;
          id?: string;
          installation_address?: NonNullable<Json>;
          ip_address?: unknown;
          is_open?: never;
          order_number?: string;
          package_id?: string;
          referral_code?: string | null;
          referral_outcome?: string;
          referral_reason?: string | null;
          status?: string;
          user_agent?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "orders_customer_id_fkey";
            columns: ["customer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "orders_package_id_fkey";
            columns: ["package_id"];
            isOneToOne: false;
            referencedRelation: "service_packages";
            referencedColumns: ["id"];
          },
        ];
      };
      payment_reversals: {
        Row: {
          created_at: string;
          customer_id: string;
          id: string;
          payment_id: string;
          reason: string;
          reversed_by: string | null;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          customer_id: string;
          id?: string;
          payment_id: string;
          reason: string;
          reversed_by?: string | null;
        };
        Update: {
          created_at?: string;
          customer_id?: string;
          id?: string;
          payment_id?: string;
          reason?: string;
          reversed_by?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "payment_reversals_customer_id_fkey";
            columns: ["customer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "payment_reversals_payment_id_fkey";
            columns: ["payment_id"];
            isOneToOne: true;
            referencedRelation: "invoice_payments";
            referencedColumns: ["id"];
          },
        ];
      };
      rate_limits: {
        Row: {
          bucket: string;
          hits: number;
          subject_hash: string;
          window_start: string;
        };
        ComputedFields: never;
        Insert: {
          bucket: string;
          hits?: number;
          subject_hash: string;
          window_start: string;
        };
        Update: {
          bucket?: string;
          hits?: number;
          subject_hash?: string;
          window_start?: string;
        };
        Relationships: [];
      };
      referral_assessments: {
        Row: {
          created_at: string;
          evidence: NonNullable<Json>;
          is_judged: boolean;
          order_id: string;
          referrer_id: string;
          settings_version: number;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          evidence: NonNullable<Json>;
          is_judged?: boolean;
          order_id: string;
          referrer_id: string;
          settings_version: number;
        };
        Update: {
          created_at?: string;
          evidence?: NonNullable<Json>;
          is_judged?: boolean;
          order_id?: string;
          referrer_id?: string;
          settings_version?: number;
        };
        Relationships: [
          {
            foreignKeyName: "referral_assessments_order_id_fkey";
            columns: ["order_id"];
            isOneToOne: true;
            referencedRelation: "orders";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "referral_assessments_referrer_id_fkey";
            columns: ["referrer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "referral_assessments_settings_version_fkey";
            columns: ["settings_version"];
            isOneToOne: false;
            referencedRelation: "fraud_settings";
            referencedColumns: ["version"];
          },
        ];
      };
      referral_attempts: {
        Row: {
          created_at: string;
          evidence: NonNullable<Json>;
          id: string;
          mailbox_hash: string | null;
          network_hash: string | null;
          order_id: string;
          phone_hash: string | null;
          reason: string;
          referral_code: string;
          referrer_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          evidence?: NonNullable<Json>;
          id?: string;
          mailbox_hash?: string | null;
          network_hash?: string | null;
          order_id: string;
          phone_hash?: string | null;
          reason: string;
          referral_code: string;
          referrer_id?: string | null;
        };
        Update: {
          created_at?: string;
          evidence?: NonNullable<Json>;
          id?: string;
          mailbox_hash?: string | null;
          network_hash?: string | null;
          order_id?: string;
          phone_hash?: string | null;
          reason?: string;
          referral_code?: string;
          referrer_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "referral_attempts_order_id_fkey";
            columns: ["order_id"];
            isOneToOne: false;
            referencedRelation: "orders";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "referral_attempts_referrer_id_fkey";
            columns: ["referrer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
        ];
      };
      referral_claims: {
        Row: {
          answered_at: string | null;
          created_at: string;
          customer_id: string;
          decided_at: string | null;
          decided_by: string | null;
          decision_reason: string | null;
          id: string;
          referral_code: string;
          referral_id: string | null;
          referrer_id: string;
          status: string;
        };
        ComputedFields: never;
        Insert: {
          answered_at?: string | null;
          created_at?: string;
          customer_id: string;
          decided_at?: string | null;
          decided_by?: string | null;
          decision_reason?: string | null;
          id?: string;
          referral_code: string;
          referral_id?: string | null;
          referrer_id: string;
          status?: string;
        };
        Update: {
          answered_at?: string | null;
          created_at?: string;
          customer_id?: string;
          decided_at?: string | null;
          decided_by?: string | null;
          decision_reason?: string | null;
          id?: string;
          referral_code?: string;
          referral_id?: string | null;
          referrer_id?: string;
          status?: string;
        };
        Relationships: [
          {
            foreignKeyName: "referral_claims_customer_id_fkey";
            columns: ["customer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "referral_claims_referral_id_fkey";
            columns: ["referral_id"];
            isOneToOne: false;
            referencedRelation: "customer_referrals";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "referral_claims_referrer_id_fkey";
            columns: ["referrer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
        ];
      };
      referral_flags: {
        Row: {
          created_at: string;
          decided_at: string | null;
          decided_by: string | null;
          decision_reason: string | null;
          evidence: NonNullable<Json>;
          id: string;
          referral_id: string;
          severity: string;
          signal: string;
          status: string;
          subject: string | null;
          weight: number;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          decided_at?: string | null;
          decided_by?: string | null;
          decision_reason?: string | null;
          evidence?: NonNullable<Json>;
          id?: string;
          referral_id: string;
          severity: string;
          signal: string;
          status?: string;
          subject?: string | null;
          weight?: number;
        };
        Update: {
          created_at?: string;
          decided_at?: string | null;
          decided_by?: string | null;
          decision_reason?: string | null;
          evidence?: NonNullable<Json>;
          id?: string;
          referral_id?: string;
          severity?: string;
          signal?: string;
          status?: string;
          subject?: string | null;
          weight?: number;
        };
        Relationships: [
          {
            foreignKeyName: "referral_flags_referral_id_fkey";
            columns: ["referral_id"];
            isOneToOne: false;
            referencedRelation: "customer_referrals";
            referencedColumns: ["id"];
          },
        ];
      };
      referral_program: {
        Row: {
          activation_window_days: number;
          attribution_days: number;
          code_prefix: string;
          created_at: string;
          created_by: string | null;
          effective_at: string | null;
          is_paused: boolean;
          monthly_referral_limit: number;
          paid_invoices_required: number;
          promotion: string;
          qualifying_days: number;
          reason: string;
          referrals_required: number;
          reward_cap_cents: number | null;
          reward_expiry_months: number;
          reward_vat_treatment: string;
          suspension_grace_days: number;
          velocity_alert: number;
          version: number;
        };
        ComputedFields: never;
        Insert: {
          activation_window_days?: number;
          attribution_days?: number;
          code_prefix?: string;
          created_at?: string;
          created_by?: string | null;
          effective_at?: string | null;
          is_paused?: boolean;
          monthly_referral_limit?: number;
          paid_invoices_required?: number;
          promotion?: string;
          qualifying_days?: number;
          reason: string;
          referrals_required?: number;
          reward_cap_cents?: number | null;
          reward_expiry_months?: number;
          reward_vat_treatment?: string;
          suspension_grace_days?: number;
          velocity_alert?: number;
          version: number;
        };
        Update: {
          activation_window_days?: number;
          attribution_days?: number;
          code_prefix?: string;
          created_at?: string;
          created_by?: string | null;
          effective_at?: string | null;
          is_paused?: boolean;
          monthly_referral_limit?: number;
          paid_invoices_required?: number;
          promotion?: string;
          qualifying_days?: number;
          reason?: string;
          referrals_required?: number;
          reward_cap_cents?: number | null;
          reward_expiry_months?: number;
          reward_vat_treatment?: string;
          suspension_grace_days?: number;
          velocity_alert?: number;
          version?: number;
        };
        Relationships: [];
      };
      referral_program_withdrawals: {
        Row: {
          reason: string;
          version: number;
          withdrawn_at: string;
          withdrawn_by: string;
        };
        ComputedFields: never;
        Insert: {
          reason: string;
          version: number;
          withdrawn_at?: string;
          withdrawn_by: string;
        };
        Update: {
          reason?: string;
          version?: number;
          withdrawn_at?: string;
          withdrawn_by?: string;
        };
        Relationships: [
          {
            foreignKeyName: "referral_program_withdrawals_version_fkey";
            columns: ["version"];
            isOneToOne: true;
            referencedRelation: "referral_program";
            referencedColumns: ["version"];
          },
        ];
      };
      referral_rewards: {
        Row: {
          amount_waived_cents: number | null;
          applied_at: string | null;
          applied_invoice_id: string | null;
          cap_cents: number | null;
          created_at: string;
          customer_id: string;
          expired_at: string | null;
          expires_at: string;
          grant_reason: string | null;
          granted_by: string | null;
          id: string;
          referrals_required: number | null;
          revoke_reason: string | null;
          revoked_at: string | null;
          revoked_by: string | null;
          reward_type: string;
          source: string;
          status: string;
          vat_treatment: string;
        };
        ComputedFields: never;
        Insert: {
          amount_waived_cents?: number | null;
          applied_at?: string | null;
          applied_invoice_id?: string | null;
          cap_cents?: number | null;
          created_at?: string;
          customer_id: string;
          expired_at?: string | null;
          expires_at: string;
          grant_reason?: string | null;
          granted_by?: string | null;
          id?: string;
          referrals_required?: number | null;
          revoke_reason?: string | null;
          revoked_at?: string | null;
          revoked_by?: string | null;
          reward_type?: string;
          source: string;
          status?: string;
          vat_treatment?: string;
        };
        Update: {
          amount_waived_cents?: number | null;
          applied_at?: string | null;
          applied_invoice_id?: string | null;
          cap_cents?: number | null;
          created_at?: string;
          customer_id?: string;
          expired_at?: string | null;
          expires_at?: string;
          grant_reason?: string | null;
          granted_by?: string | null;
          id?: string;
          referrals_required?: number | null;
          revoke_reason?: string | null;
          revoked_at?: string | null;
          revoked_by?: string | null;
          reward_type?: string;
          source?: string;
          status?: string;
          vat_treatment?: string;
        };
        Relationships: [
          {
            foreignKeyName: "referral_rewards_applied_invoice_fkey";
            columns: ["applied_invoice_id"];
            isOneToOne: true;
            referencedRelation: "customer_invoices";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "referral_rewards_customer_id_fkey";
            columns: ["customer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
        ];
      };
      referral_visits: {
        Row: {
          id: string;
          ip_address: unknown;
          landing_path: string;
          referral_code: string;
          referrer_id: string;
          user_agent: string | null;
          via: string | null;
          visited_at: string;
          visitor_id: string;
        };
        ComputedFields: never;
        Insert: {
          id?: string;
          ip_address?: unknown;
          landing_path?: string;
          referral_code: string;
          referrer_id: string;
          user_agent?: string | null;
          via?: string | null;
          visited_at?: string;
          visitor_id: string;
        };
        Update: {
          id?: string;
          ip_address?: unknown;
          landing_path?: string;
          referral_code?: string;
          referrer_id?: string;
          user_agent?: string | null;
          via?: string | null;
          visited_at?: string;
          visitor_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "referral_visits_referrer_id_fkey";
            columns: ["referrer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
        ];
      };
      request_durations: {
        Row: {
          day: string;
          hits: number;
          up_to_ms: number;
        };
        ComputedFields: never;
        Insert: {
          day: string;
          hits: number;
          up_to_ms: number;
        };
        Update: {
          day?: string;
          hits?: number;
          up_to_ms?: number;
        };
        Relationships: [];
      };
      restores: {
        Row: {
          backup_taken_at: string;
          id: string;
          lost: NonNullable<Json>;
          released_at: string | null;
          released_by: string | null;
          restored_at: string;
        };
        ComputedFields: never;
        Insert: {
          backup_taken_at: string;
          id?: string;
          lost: NonNullable<Json>;
          released_at?: string | null;
          released_by?: string | null;
          restored_at: string;
        };
        Update: {
          backup_taken_at?: string;
          id?: string;
          lost?: NonNullable<Json>;
          released_at?: string | null;
          released_by?: string | null;
          restored_at?: string;
        };
        Relationships: [];
      };
      review_appeals: {
        Row: {
          asked_at: string;
          customer_id: string;
          decided_at: string | null;
          decided_by: string | null;
          decision_reason: string | null;
          due_at: string;
          id: string;
          reason: string;
          referral_id: string;
          status: string;
        };
        ComputedFields: never;
        Insert: {
          asked_at: string;
          customer_id: string;
          decided_at?: string | null;
          decided_by?: string | null;
          decision_reason?: string | null;
          due_at: string;
          id?: string;
          reason: string;
          referral_id: string;
          status?: string;
        };
        Update: {
          asked_at?: string;
          customer_id?: string;
          decided_at?: string | null;
          decided_by?: string | null;
          decision_reason?: string | null;
          due_at?: string;
          id?: string;
          reason?: string;
          referral_id?: string;
          status?: string;
        };
        Relationships: [
          {
            foreignKeyName: "review_appeals_customer_id_fkey";
            columns: ["customer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "review_appeals_referral_id_fkey";
            columns: ["referral_id"];
            isOneToOne: true;
            referencedRelation: "customer_referrals";
            referencedColumns: ["id"];
          },
        ];
      };
      review_claims: {
        Row: {
          claimed_at: string;
          expires_at: string;
          referral_id: string;
          reviewer: string;
        };
        ComputedFields: never;
        Insert: {
          claimed_at?: string;
          expires_at: string;
          referral_id: string;
          reviewer: string;
        };
        Update: {
          claimed_at?: string;
          expires_at?: string;
          referral_id?: string;
          reviewer?: string;
        };
        Relationships: [
          {
            foreignKeyName: "review_claims_referral_id_fkey";
            columns: ["referral_id"];
            isOneToOne: true;
            referencedRelation: "customer_referrals";
            referencedColumns: ["id"];
          },
        ];
      };
      review_decisions: {
        Row: {
          before: NonNullable<Json>;
          decided_at: string;
          decided_by: string | null;
          decision: string;
          flag_ids: string[];
          id: string;
          reason: string;
          referral_id: string;
          reward_ids: string[];
          undo_until: string;
          undone_at: string | null;
        };
        ComputedFields: never;
        Insert: {
          before: NonNullable<Json>;
          decided_at: string;
          decided_by?: string | null;
          decision: string;
          flag_ids: string[];
          id?: string;
          reason: string;
          referral_id: string;
          reward_ids?: string[];
          undo_until: string;
          undone_at?: string | null;
        };
        Update: {
          before?: NonNullable<Json>;
          decided_at?: string;
          decided_by?: string | null;
          decision?: string;
          flag_ids?: string[];
          id?: string;
          reason?: string;
          referral_id?: string;
          reward_ids?: string[];
          undo_until?: string;
          undone_at?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "review_decisions_referral_id_fkey";
            columns: ["referral_id"];
            isOneToOne: false;
            referencedRelation: "customer_referrals";
            referencedColumns: ["id"];
          },
        ];
      };
      role_permissions: {
        Row: {
          permission: string;
          role: string;
        };
        ComputedFields: never;
        Insert: {
          permission: string;
          role: string;
        };
        Update: {
          permission?: string;
          role?: string;
        };
        Relationships: [];
      };
      satisfaction_answers: {
        Row: {
          created_at: string;
          customer_id: string;
          reward_id: string;
          score: number;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          customer_id: string;
          reward_id: string;
          score: number;
        };
        Update: {
          created_at?: string;
          customer_id?: string;
          reward_id?: string;
          score?: number;
        };
        Relationships: [
          {
            foreignKeyName: "satisfaction_answers_customer_id_fkey";
            columns: ["customer_id"];
            isOneToOne: false;
            referencedRelation: "customers";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "satisfaction_answers_reward_id_fkey";
            columns: ["reward_id"];
            isOneToOne: true;
            referencedRelation: "referral_rewards";
            referencedColumns: ["id"];
          },
        ];
      };
      saved_views: {
        Row: {
          created_at: string;
          id: string;
          list: string;
          name: string;
          owner_id: string;
          query: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          id?: string;
          list: string;
          name: string;
          owner_id: string;
          query: string;
        };
        Update: {
          created_at?: string;
          id?: string;
          list?: string;
          name?: string;
          owner_id?: string;
          query?: string;
        };
        Relationships: [
          {
            foreignKeyName: "saved_views_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "admin_users";
            referencedColumns: ["auth_user_id"];
          },
        ];
      };
      series_gaps: {
        Row: {
          created_at: string;
          first_number: number;
          last_number: number;
          reason: string;
          series: string;
          year: number;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          first_number: number;
          last_number: number;
          reason: string;
          series: string;
          year: number;
        };
        Update: {
          created_at?: string;
          first_number?: number;
          last_number?: number;
          reason?: string;
          series?: string;
          year?: number;
        };
        Relationships: [];
      };
      service_packages: {
        Row: {
          created_at: string;
          description: string;
          download_mbps: number;
          id: string;
          is_active: boolean;
          monthly_price_cents: number;
          name: string;
          slug: string;
          sort_order: number;
          upload_mbps: number;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          description?: string;
          download_mbps?: number;
          id?: string;
          is_active?: boolean;
          monthly_price_cents: number;
          name: string;
          slug: string;
          sort_order?: number;
          upload_mbps?: number;
        };
        Update: {
          created_at?: string;
          description?: string;
          download_mbps?: number;
          id?: string;
          is_active?: boolean;
          monthly_price_cents?: number;
          name?: string;
          slug?: string;
          sort_order?: number;
          upload_mbps?: number;
        };
        Relationships: [];
      };
      service_price_changes: {
        Row: {
          actor_id: string | null;
          created_at: string;
          effective_on: string;
          from_package_id: string;
          from_price_cents: number;
          id: string;
          reason: string;
          service_id: string;
          to_package_id: string;
          to_price_cents: number;
        };
        ComputedFields: never;
        Insert: {
          actor_id?: string | null;
          created_at?: string;
          effective_on: string;
          from_package_id: string;
          from_price_cents: number;
          id?: string;
          reason: string;
          service_id: string;
          to_package_id: string;
          to_price_cents: number;
        };
        Update: {
          actor_id?: string | null;
          created_at?: string;
          effective_on?: string;
          from_package_id?: string;
          from_price_cents?: number;
          id?: string;
          reason?: string;
          service_id?: string;
          to_package_id?: string;
          to_price_cents?: number;
        };
        Relationships: [
          {
            foreignKeyName: "service_price_changes_from_package_id_fkey";
            columns: ["from_package_id"];
            isOneToOne: false;
            referencedRelation: "service_packages";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "service_price_changes_service_id_fkey";
            columns: ["service_id"];
            isOneToOne: false;
            referencedRelation: "customer_services";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "service_price_changes_to_package_id_fkey";
            columns: ["to_package_id"];
            isOneToOne: false;
            referencedRelation: "service_packages";
            referencedColumns: ["id"];
          },
        ];
      };
      service_suspensions: {
        Row: {
          created_at: string;
          id: string;
          resumed_at: string | null;
          service_id: string;
          suspended_at: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          id?: string;
          resumed_at?: string | null;
          service_id: string;
          suspended_at: string;
        };
        Update: {
          created_at?: string;
          id?: string;
          resumed_at?: string | null;
          service_id?: string;
          suspended_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "service_suspensions_service_id_fkey";
            columns: ["service_id"];
            isOneToOne: false;
            referencedRelation: "customer_services";
            referencedColumns: ["id"];
          },
        ];
      };
      switches: {
        Row: {
          created_at: string;
          created_by: string | null;
          id: number;
          is_on: boolean;
          name: string;
          reason: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          created_by?: string | null;
          id?: never;
          is_on: boolean;
          name: string;
          reason: string;
        };
        Update: {
          created_at?: string;
          created_by?: string | null;
          id?: never;
          is_on?: boolean;
          name?: string;
          reason?: string;
        };
        Relationships: [];
      };
      verifications: {
        Row: {
          by_invariant: NonNullable<Json>;
          id: number;
          verified_at: string;
          violations: number;
        };
        ComputedFields: never;
        Insert: {
          by_invariant?: NonNullable<Json>;
          id?: never;
          verified_at?: string;
          violations: number;
        };
        Update: {
          by_invariant?: NonNullable<Json>;
          id?: never;
          verified_at?: string;
          violations?: number;
        };
        Relationships: [];
      };
    };
    Views: {
      [_ in never]: never;
    };
    Functions: {
      accept_team_invitation: {
        Args: { p_as_of?: string; p_auth_user_id: string; p_session_id: string };
        Returns: boolean;
      };
      activate_order: { Args: { p_order_id: string }; Returns: Json };
      add_team_member: { Args: { p_email: string; p_name: string; p_role: string }; Returns: Json };
      admin_compare_cycle: { Args: { p_period_start: string }; Returns: Json };
      admin_count_unbilled: { Args: Record<PropertyKey, never>; Returns: number };
      admin_export_credit_notes: {
        Args: {
          p_cursor_at?: string;
          p_cursor_id?: string;
          p_from: string;
          p_limit?: number;
          p_to: string;
        };
        Returns: Json;
      };
      admin_export_invoices: {
        Args: {
          p_cursor_at?: string;
          p_cursor_id?: string;
          p_from: string;
          p_limit?: number;
          p_to: string;
        };
        Returns: Json;
      };
      admin_export_left_out: {
        Args: { p_after?: string; p_limit?: number; p_run_id: string };
        Returns: Json;
      };
      admin_export_owed_rewards: {
        Args: { p_cursor_at?: string; p_cursor_id?: string; p_limit?: number };
        Returns: Json;
      };
      admin_export_payments: {
        Args: {
          p_cursor_at?: string;
          p_cursor_id?: string;
          p_from: string;
          p_limit?: number;
          p_to: string;
        };
        Returns: Json;
      };
      admin_export_run_invoices: {
        Args: { p_cursor_at?: string; p_cursor_id?: string; p_limit?: number; p_run_id: string };
        Returns: Json;
      };
      admin_get_account: {
        Args: {
          p_backward?: boolean;
          p_cursor_at?: string;
          p_cursor_id?: string;
          p_customer_id: string;
          p_limit?: number;
        };
        Returns: Json;
      };
      admin_get_billing_run: { Args: { p_id: string }; Returns: Json };
      admin_get_customer: { Args: { p_customer_id: string; p_limit?: number }; Returns: Json };
      admin_get_customer_head: { Args: { p_customer_id: string }; Returns: Json };
      admin_get_customer_referrals: { Args: { p_customer_id: string }; Returns: Json };
      admin_get_notification: { Args: { p_id: string }; Returns: Json };
      admin_get_preview_facts: {
        Args: { p_period_start: string; p_service_ids: string[] };
        Returns: Json;
      };
      admin_get_profile: { Args: { p_customer_id: string }; Returns: Json };
      admin_get_reward_liability: { Args: Record<PropertyKey, never>; Returns: Json };
      admin_get_run_report: { Args: { p_is_export?: boolean; p_run_id: string }; Returns: Json };
      admin_get_vat_report: {
        Args: { p_from: string; p_is_export?: boolean; p_to: string };
        Returns: Json;
      };
      admin_list_billing_runs: {
        Args: {
          p_backward?: boolean;
          p_count?: boolean;
          p_cursor_at?: string;
          p_cursor_id?: string;
          p_cycle?: string;
          p_is_completion?: boolean;
          p_limit?: number;
          p_sort?: string;
          p_status?: string;
        };
        Returns: Json;
      };
      admin_list_claims: {
        Args: {
          p_backward?: boolean;
          p_count?: boolean;
          p_cursor_at?: string;
          p_cursor_id?: string;
          p_from?: string;
          p_limit?: number;
          p_q?: string;
          p_sort?: string;
          p_status?: string;
          p_to?: string;
        };
        Returns: Json;
      };
      admin_list_customer_record: {
        Args: {
          p_backward?: boolean;
          p_count?: boolean;
          p_cursor_at?: string;
          p_cursor_id?: string;
          p_customer_id: string;
          p_limit?: number;
          p_section: string;
        };
        Returns: Json;
      };
      admin_list_customers: {
        Args: {
          p_backward?: boolean;
          p_count?: boolean;
          p_cursor_at?: string;
          p_cursor_id?: string;
          p_from?: string;
          p_limit?: number;
          p_q?: string;
          p_sort?: string;
          p_to?: string;
        };
        Returns: Json;
      };
      admin_list_invoices: {
        Args: {
          p_backward?: boolean;
          p_count?: boolean;
          p_cursor_at?: string;
          p_cursor_id?: string;
          p_customer_id?: string;
          p_cycle?: string;
          p_from?: string;
          p_limit?: number;
          p_q?: string;
          p_run_id?: string;
          p_sort?: string;
          p_status?: string;
          p_to?: string;
        };
        Returns: Json;
      };
      admin_list_mail_suppressions: {
        Args: {
          p_backward?: boolean;
          p_cause?: string;
          p_cursor_at?: string;
          p_cursor_id?: string;
          p_limit?: number;
          p_q?: string;
          p_sort?: string;
        };
        Returns: Json;
      };
      admin_list_notifications: {
        Args: {
          p_backward?: boolean;
          p_cause?: string;
          p_count?: boolean;
          p_cursor_at?: string;
          p_cursor_id?: string;
          p_customer_id?: string;
          p_from?: string;
          p_limit?: number;
          p_q?: string;
          p_sort?: string;
          p_status?: string;
          p_template?: string;
          p_to?: string;
        };
        Returns: Json;
      };
      admin_list_orders: {
        Args: {
          p_backward?: boolean;
          p_count?: boolean;
          p_cursor_at?: string;
          p_cursor_id?: string;
          p_from?: string;
          p_limit?: number;
          p_q?: string;
          p_sort?: string;
          p_status?: string;
          p_to?: string;
        };
        Returns: Json;
      };
      admin_list_payments: {
        Args: {
          p_backward?: boolean;
          p_count?: boolean;
          p_cursor_at?: string;
          p_cursor_id?: string;
          p_from?: string;
          p_limit?: number;
          p_q?: string;
          p_sort?: string;
          p_status?: string;
          p_to?: string;
        };
        Returns: Json;
      };
      admin_list_referrals: {
        Args: {
          p_backward?: boolean;
          p_count?: boolean;
          p_cursor_at?: string;
          p_cursor_id?: string;
          p_flagged?: boolean;
          p_from?: string;
          p_limit?: number;
          p_q?: string;
          p_referrer_id?: string;
          p_sort?: string;
          p_status?: string;
          p_to?: string;
          p_with_facts?: boolean;
        };
        Returns: Json;
      };
      admin_list_run_invoices: {
        Args: {
          p_backward?: boolean;
          p_cursor_at?: string;
          p_cursor_id?: string;
          p_limit?: number;
          p_run_id: string;
        };
        Returns: Json;
      };
      admin_list_unbilled: {
        Args: {
          p_backward?: boolean;
          p_cursor_at?: string;
          p_cursor_id?: string;
          p_cycle?: string;
          p_limit?: number;
        };
        Returns: Json;
      };
      admin_name_billing_errors: {
        Args: { p_customer_ids: string[]; p_service_ids: string[] };
        Returns: Json;
      };
      admin_search: { Args: { p_limit?: number; p_q: string }; Returns: Json };
      alert_unbilled: { Args: { p_alert_email: string; p_as_of?: string }; Returns: boolean };
      answer_claim: { Args: { p_claim_id: string; p_confirm: boolean }; Returns: Json };
      answer_survey: { Args: { p_invoice_number: string; p_score: number }; Returns: Json };
      appeal_review: { Args: { p_reason: string; p_referral_id: string }; Returns: Json };
      apply_external_event: {
        Args: {
          p_as_of?: string;
          p_at: string;
          p_external_id: string;
          p_key_hash: string;
          p_limit: number;
          p_type: string;
        };
        Returns: Json;
      };
      ask_for_erasure: {
        Args: { p_alert_email: string; p_as_of?: string; p_auth_user_id: string };
        Returns: Json;
      };
      attach_referral: {
        Args: {
          p_actor: string;
          p_alert_email: string;
          p_as_of?: string;
          p_assessment: Json;
          p_basis: number;
          p_code: string;
          p_customer_id: string;
          p_reason: string;
        };
        Returns: Json;
      };
      cancel_order: { Args: { p_order_id: string; p_reason: string }; Returns: Json };
      change_service_package: {
        Args: { p_package_slug: string; p_reason: string; p_service_id: string };
        Returns: Json;
      };
      check_api_key: {
        Args: { p_as_of?: string; p_key_hash: string; p_limit: number; p_scope: string };
        Returns: Json;
      };
      check_coverage: { Args: { p_postal_code: string; p_suburb: string }; Returns: Json };
      check_health: { Args: Record<PropertyKey, never>; Returns: Json };
      choose_mails: { Args: { p_choices: Json; p_source: string; p_token: string }; Returns: Json };
      choose_my_mails: { Args: { p_choices: Json }; Returns: Json };
      claim_billing_batch: {
        Args: {
          p_ends_at: string;
          p_errors?: Json;
          p_limit?: number;
          p_process?: string;
          p_run_id: string;
        };
        Returns: string;
      };
      claim_notifications: {
        Args: {
          p_as_of?: string;
          p_lease_seconds?: number;
          p_limit?: number;
          p_max_tries?: number;
          p_to_provider?: boolean;
        };
        Returns: Json;
      };
      claim_referral: { Args: { p_code: string }; Returns: Json };
      claim_review: { Args: { p_referral_id: string }; Returns: Json };
      consume_rate_limit: {
        Args: {
          p_as_of?: string;
          p_bucket: string;
          p_limit: number;
          p_subject: string;
          p_window_seconds: number;
        };
        Returns: Json;
      };
      consume_rate_limits: { Args: { p_limits: Json }; Returns: Json };
      count_failed_notifications: { Args: Record<PropertyKey, never>; Returns: Json };
      create_api_key: {
        Args: { p_expires_at?: string; p_name: string; p_scopes: string[] };
        Returns: Json;
      };
      decide_appeal: {
        Args: {
          p_actor: string;
          p_as_of?: string;
          p_decision: string;
          p_grant: boolean;
          p_reason: string;
          p_referral_id: string;
        };
        Returns: Json;
      };
      decide_approval: {
        Args: { p_decision: string; p_id: string; p_reason: string };
        Returns: Json;
      };
      decide_claim: {
        Args: {
          p_accept: boolean;
          p_actor: string;
          p_alert_email: string;
          p_as_of?: string;
          p_assessment: Json;
          p_basis: number;
          p_claim_id: string;
          p_reason: string;
        };
        Returns: Json;
      };
      decide_review: {
        Args: {
          p_actor: string;
          p_as_of?: string;
          p_decision: string;
          p_grant: boolean;
          p_reason: string;
          p_referral_id: string;
        };
        Returns: Json;
      };
      delete_view: { Args: { p_id: string }; Returns: Json };
      end_link_proof: {
        Args: { p_auth_user_id: string; p_session_id: string };
        Returns: undefined;
      };
      erase_customer: { Args: { p_customer_id: string; p_reason: string }; Returns: Json };
      expire_due: {
        Args: { p_as_of?: string; p_expire_rewards?: boolean; p_limit?: number };
        Returns: Json;
      };
      export_my_data: { Args: Record<PropertyKey, never>; Returns: Json };
      extend_referral: {
        Args: { p_reason: string; p_referral_id: string; p_until: string };
        Returns: Json;
      };
      find_auth_user: { Args: { p_email: string }; Returns: Json };
      find_coverage_areas: { Args: { p_limit?: number; p_q: string }; Returns: Json };
      finish_billing_run: {
        Args: {
          p_alert_email?: string;
          p_as_of?: string;
          p_errors: Json;
          p_is_complete?: boolean;
          p_process?: string;
          p_run_id: string;
        };
        Returns: Json;
      };
      forget_erased_accounts: { Args: { p_limit?: number }; Returns: number };
      freeze_notifications: { Args: { p_lease_token: string; p_mails: Json }; Returns: Json };
      get_attention: { Args: Record<PropertyKey, never>; Returns: Json };
      get_audit_facets: { Args: Record<PropertyKey, never>; Returns: Json };
      get_billing_settings: { Args: Record<PropertyKey, never>; Returns: Json };
      get_bulk_job: {
        Args: { p_after?: number; p_id: string; p_is_export?: boolean; p_limit?: number };
        Returns: Json;
      };
      get_claim: { Args: { p_actor: string; p_claim_id: string }; Returns: Json };
      get_credit_note: { Args: { p_number: string }; Returns: Json };
      get_cycle_settings: { Args: { p_period_start: string }; Returns: Json };
      get_deployment_state: { Args: Record<PropertyKey, never>; Returns: Json };
      get_external_referral: {
        Args: { p_as_of?: string; p_external_id: string; p_key_hash: string; p_limit: number };
        Returns: Json;
      };
      get_fraud_settings: { Args: { p_actor: string }; Returns: Json };
      get_invoice: { Args: { p_invoice_number: string }; Returns: Json };
      get_launch: { Args: Record<PropertyKey, never>; Returns: Json };
      get_mail_choices: { Args: { p_token: string }; Returns: Json };
      get_mail_settings: { Args: Record<PropertyKey, never>; Returns: Json };
      get_my_account: {
        Args: { p_cursor_at?: string; p_cursor_id?: string; p_limit?: number };
        Returns: Json;
      };
      get_my_appeal: { Args: { p_referral_id: string }; Returns: Json };
      get_my_balance: { Args: Record<PropertyKey, never>; Returns: Json };
      get_my_dashboard: { Args: Record<PropertyKey, never>; Returns: Json };
      get_my_invitation: { Args: { p_code: string }; Returns: Json };
      get_my_mail_choices: { Args: Record<PropertyKey, never>; Returns: Json };
      get_my_order: { Args: { p_order_id: string }; Returns: Json };
      get_my_profile: { Args: Record<PropertyKey, never>; Returns: Json };
      get_my_referral_overview: { Args: Record<PropertyKey, never>; Returns: Json };
      get_my_session: { Args: Record<PropertyKey, never>; Returns: Json };
      get_my_survey: { Args: { p_invoice_number: string }; Returns: Json };
      get_operational_metrics: { Args: Record<PropertyKey, never>; Returns: Json };
      get_payment_instructions: { Args: Record<PropertyKey, never>; Returns: Json };
      get_placed_order: { Args: { p_order_id: string }; Returns: Json };
      get_program: { Args: Record<PropertyKey, never>; Returns: Json };
      get_program_metrics: {
        Args: { p_compare?: string; p_days?: number; p_from?: string; p_to?: string };
        Returns: Json;
      };
      get_public_site: { Args: Record<PropertyKey, never>; Returns: Json };
      get_review_case: { Args: { p_referral_id: string }; Returns: Json };
      get_review_conflict: { Args: { p_referral_id: string }; Returns: Json };
      get_review_overview: { Args: { p_as_of?: string }; Returns: Json };
      get_review_queue: {
        Args: {
          p_backward?: boolean;
          p_cursor_at?: string;
          p_cursor_id?: string;
          p_limit?: number;
        };
        Returns: Json;
      };
      get_switches: { Args: Record<PropertyKey, never>; Returns: Json };
      get_team: {
        Args: {
          p_access?: string;
          p_backward?: boolean;
          p_count?: boolean;
          p_cursor_at?: string;
          p_cursor_id?: string;
          p_limit?: number;
          p_q?: string;
          p_role?: string;
          p_sort?: string;
        };
        Returns: Json;
      };
      get_terms_effect: { Args: Record<PropertyKey, never>; Returns: Json };
      get_terms_versions: { Args: { p_version?: number }; Returns: Json };
      get_top_referrers: {
        Args: { p_days?: number; p_from?: string; p_to?: string };
        Returns: Json;
      };
      get_unbilled_months: { Args: { p_as_of?: string }; Returns: Json };
      get_work_counts: { Args: Record<PropertyKey, never>; Returns: Json };
      grant_earned_rewards: { Args: { p_as_of?: string; p_referrer_id: string }; Returns: number };
      grant_reward: {
        Args: {
          p_confirm_recent?: boolean;
          p_customer_id: string;
          p_idempotency_key?: string;
          p_reason: string;
        };
        Returns: Json;
      };
      has_link_proof: { Args: { p_auth_user_id: string; p_session_id: string }; Returns: boolean };
      has_permission: { Args: { p_permission: string }; Returns: boolean };
      import_coverage: {
        Args: { p_areas: Json; p_as_of?: string; p_dry_run?: boolean };
        Returns: Json;
      };
      import_payments: { Args: { p_dry_run: boolean; p_rows: Json }; Returns: Json };
      issue_credit_note: {
        Args: {
          p_amount_cents: number;
          p_idempotency_key?: string;
          p_invoice_number: string;
          p_reason: string;
        };
        Returns: Json;
      };
      issue_invoices: {
        Args: { p_as_of?: string; p_invoices: Json; p_process?: string; p_run_id: string };
        Returns: Json;
      };
      lift_mail_suppression: { Args: { p_id: string; p_reason: string }; Returns: Json };
      link_confirmed_customer: { Args: { p_auth_user_id: string }; Returns: boolean };
      list_api_keys: {
        Args: {
          p_backward?: boolean;
          p_count?: boolean;
          p_cursor_at?: string;
          p_cursor_id?: string;
          p_limit?: number;
          p_q?: string;
          p_sort?: string;
          p_standing?: string;
        };
        Returns: Json;
      };
      list_approvals: {
        Args: {
          p_backward?: boolean;
          p_count?: boolean;
          p_cursor_at?: string;
          p_cursor_id?: string;
          p_limit?: number;
          p_sort?: string;
          p_status?: string;
        };
        Returns: Json;
      };
      list_assessments: {
        Args: { p_actor: string; p_after?: string; p_limit?: number; p_since: string };
        Returns: Json;
      };
      list_audit: {
        Args: {
          p_action?: string;
          p_actor?: string;
          p_backward?: boolean;
          p_before_id?: number;
          p_count?: boolean;
          p_from?: string;
          p_limit?: number;
          p_q?: string;
          p_sort?: string;
          p_to?: string;
        };
        Returns: Json;
      };
      list_bulk_jobs: {
        Args: {
          p_backward?: boolean;
          p_count?: boolean;
          p_cursor_at?: string;
          p_cursor_id?: string;
          p_limit?: number;
          p_q?: string;
          p_sort?: string;
          p_status?: string;
        };
        Returns: Json;
      };
      list_invariant_checks: { Args: Record<PropertyKey, never>; Returns: Json };
      list_my_referrals: {
        Args: { p_cursor_at?: string; p_cursor_id?: string; p_limit?: number; p_status?: string };
        Returns: Json;
      };
      list_saved_views: { Args: { p_list: string }; Returns: Json };
      list_unjudged_referrals: { Args: { p_limit?: number }; Returns: Json };
      list_waiting_approvals: { Args: { p_customer_id?: string }; Returns: Json };
      months_to_complete: { Args: { p_as_of?: string }; Returns: Json };
      note_device: {
        Args: { p_auth_user_id: string; p_device: string; p_device_hash: string };
        Returns: boolean;
      };
      note_session_proof: {
        Args: { p_auth_user_id: string; p_proof: string; p_session_id: string };
        Returns: undefined;
      };
      place_order: { Args: { p_as_of?: string; p_order: Json }; Returns: Json };
      plan_bulk_job: {
        Args: {
          p_act: string;
          p_confirm_recent: boolean;
          p_filter: Json;
          p_lines: string[];
          p_reason: string;
          p_until: string;
        };
        Returns: Json;
      };
      prepare_attachment: {
        Args: {
          p_actor: string;
          p_as_of?: string;
          p_code: string;
          p_customer_id: string;
          p_windows: Json;
        };
        Returns: Json;
      };
      prepare_order: { Args: { p_as_of?: string; p_order: Json }; Returns: Json };
      preview_act: { Args: { p_act: string; p_intent: Json }; Returns: Json };
      prune_mails: { Args: { p_limit?: number }; Returns: Json };
      prune_operational_rows: { Args: { p_as_of?: string }; Returns: Json };
      qualify_referrals: {
        Args: { p_after?: string; p_as_of?: string; p_grant?: boolean; p_limit?: number };
        Returns: Json;
      };
      read_billing_batch: {
        Args: {
          p_after?: string;
          p_as_of: string;
          p_ends_at: string;
          p_limit?: number;
          p_period_start: string;
        };
        Returns: string;
      };
      rebuild_program_days: { Args: Record<PropertyKey, never>; Returns: undefined };
      record_admin_sign_in: {
        Args: { p_as_of?: string; p_email: string; p_network: string; p_outcome: string };
        Returns: undefined;
      };
      record_export: {
        Args: {
          p_actor: string;
          p_as_of?: string;
          p_filter: Json;
          p_rows?: number;
          p_stage: string;
          p_subject: string;
        };
        Returns: undefined;
      };
      record_external_referral: {
        Args: { p_as_of?: string; p_key_hash: string; p_limit: number; p_order: Json };
        Returns: Json;
      };
      record_invoice_payment: {
        Args: {
          p_amount_cents: number;
          p_invoice_number: string;
          p_method?: string;
          p_paid_at: string;
          p_reference?: string;
        };
        Returns: Json;
      };
      record_job_run: {
        Args: { p_duration_ms: number; p_job: string; p_ok: boolean };
        Returns: undefined;
      };
      record_mail_event: {
        Args: {
          p_detail: string;
          p_id: string;
          p_kind: string;
          p_occurred_at: string;
          p_provider_message_id: string;
        };
        Returns: Json;
      };
      record_payment: {
        Args: {
          p_amount_cents: number;
          p_idempotency_key?: string;
          p_invoice_number: string;
          p_method?: string;
          p_paid_on: string;
          p_reference?: string;
        };
        Returns: Json;
      };
      record_refusal: {
        Args: {
          p_action: string;
          p_actor: string;
          p_as_of?: string;
          p_entity_id: string;
          p_entity_type: string;
        };
        Returns: undefined;
      };
      record_request_durations: { Args: { p_hits: Json }; Returns: undefined };
      record_verification: {
        Args: {
          p_alert_email: string;
          p_as_of?: string;
          p_by_invariant: Json;
          p_rules: Json;
          p_violations: number;
        };
        Returns: undefined;
      };
      record_visit: {
        Args: {
          p_as_of?: string;
          p_auth_user_id?: string;
          p_code: string;
          p_counts?: boolean;
          p_ip_address: unknown;
          p_landing_path: string;
          p_user_agent: string;
          p_via?: string;
          p_visitor_id: string;
        };
        Returns: Json;
      };
      refresh_program_days: { Args: { p_as_of?: string }; Returns: number };
      reinstate_referral: { Args: { p_reason: string; p_referral_id: string }; Returns: Json };
      release_captured_notifications: {
        Args: { p_dry_run: boolean; p_from: string; p_reason: string };
        Returns: Json;
      };
      remind_overdue_invoices: { Args: { p_as_of?: string; p_limit?: number }; Returns: number };
      remove_team_member: { Args: { p_email: string }; Returns: boolean };
      report_launch: { Args: { p_as_of?: string }; Returns: Json };
      request_forced_run: { Args: { p_period_start: string; p_reason: string }; Returns: Json };
      require_recent_password: { Args: { p_permission: string }; Returns: undefined };
      resend_failed_notifications: {
        Args: { p_cause: string; p_dry_run: boolean; p_reason: string };
        Returns: Json;
      };
      retry_notification: { Args: { p_id: string }; Returns: Json };
      reverse_payment: { Args: { p_payment_id: string; p_reason: string }; Returns: Json };
      revoke_api_key: { Args: { p_id: string; p_reason: string }; Returns: Json };
      revoke_reward: {
        Args: { p_customer_id: string; p_reason: string; p_reward_id: string };
        Returns: Json;
      };
      run_bulk_item: { Args: { p_id: string }; Returns: Json };
      save_fraud_settings: {
        Args: {
          p_actor: string;
          p_as_of?: string;
          p_expected_version: number;
          p_reason: string;
          p_settings: Json;
        };
        Returns: Json;
      };
      save_referral_verdicts: {
        Args: {
          p_alert_email: string;
          p_as_of?: string;
          p_settings_version: number;
          p_verdicts: Json;
        };
        Returns: number;
      };
      save_team_member: {
        Args: { p_auth_user_id: string; p_email: string; p_name: string; p_role: string };
        Returns: Json;
      };
      save_view: { Args: { p_list: string; p_name: string; p_query: string }; Returns: Json };
      seal_audit_log: { Args: { p_limit?: number }; Returns: Json };
      set_service_status: {
        Args: { p_reason: string; p_service_id: string; p_status: string };
        Returns: Json;
      };
      set_switch: { Args: { p_is_on: boolean; p_name: string; p_reason: string }; Returns: Json };
      settle_notifications: {
        Args: {
          p_alert_email: string;
          p_lease_token: string;
          p_max_tries?: number;
          p_results: Json;
        };
        Returns: Json;
      };
      start_billing_run: {
        Args: {
          p_actor?: string;
          p_alert_email?: string;
          p_as_of?: string;
          p_ends_at: string;
          p_force_reason?: string;
          p_idempotency_key?: string;
          p_period_end: string;
          p_period_start: string;
          p_rewards_enabled: boolean;
          p_run_id?: string;
          p_trigger: string;
        };
        Returns: Json;
      };
      start_bulk_job: { Args: { p_id: string }; Returns: Json };
      start_installation: { Args: { p_order_id: string }; Returns: Json };
      stop_bulk_job: { Args: { p_id: string; p_reason: string }; Returns: Json };
      try_bulk_items: { Args: { p_id: string; p_limit?: number }; Returns: Json };
      undo_review: {
        Args: { p_actor: string; p_as_of?: string; p_referral_id: string };
        Returns: Json;
      };
      update_admin_settings: {
        Args: { p_expected_version: number; p_reason: string; p_settings: Json };
        Returns: Json;
      };
      update_customer_profile: {
        Args: { p_customer_id: string; p_profile: Json; p_reason: string };
        Returns: Json;
      };
      update_launch_plan: {
        Args: {
          p_expected_version: number;
          p_launched_on: string;
          p_reason: string;
          p_targets: Json;
        };
        Returns: Json;
      };
      update_mail_settings: {
        Args: { p_expected_version: number; p_reason: string; p_settings: Json };
        Returns: Json;
      };
      update_my_profile: { Args: { p_profile: Json }; Returns: Json };
      update_payment_instructions: {
        Args: { p_expected_version: number; p_instructions: string; p_reason: string };
        Returns: Json;
      };
      update_program: {
        Args: {
          p_effective_on?: string;
          p_expected_version: number;
          p_reason: string;
          p_terms: Json;
        };
        Returns: Json;
      };
      update_team_member: {
        Args: { p_id: string; p_is_active: boolean; p_reason: string; p_role: string };
        Returns: Json;
      };
      validate_referral_code: { Args: { p_as_of?: string; p_code: string }; Returns: Json };
      verify_invariants: {
        Args: { p_check?: string; p_slice?: number; p_slices?: number };
        Returns: Json;
      };
      wait_for_coverage: { Args: { p_as_of?: string; p_wait: Json }; Returns: Json };
      withdraw_scheduled_terms: { Args: { p_reason: string; p_version: number }; Returns: Json };
    };
    Enums: {
      [_ in never]: never;
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
};

type DatabaseWithoutInternals = Omit<Database, "__InternalSupabase">;

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">];

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])[TableName] extends {
      Row: infer R;
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    ? (DefaultSchema["Tables"] & DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
        Row: infer R;
      }
      ? R
      : never
    : never;

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Insert: infer I;
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
        Insert: infer I;
      }
      ? I
      : never
    : never;

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Update: infer U;
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
        Update: infer U;
      }
      ? U
      : never
    : never;

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never = never,
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
    ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
    : never;

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never = never,
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
    ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
    : never;

export const Constants = {
  public: {
    Enums: {},
  },
} as const;
