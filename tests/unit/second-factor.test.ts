import { createClient } from "@supabase/supabase-js";
import { describe, expect, it, vi } from "vitest";
import { withEvenRefusals } from "@/lib/access/even-time";
import { SecondFactorService } from "@/lib/access/second-factor-service";
import { AppError } from "@/lib/errors";
import { log } from "@/lib/log";
import { asServer } from "@/tests/support/clients";

const USER = "6f1a0a3e-6d2f-4a3c-9d0e-2f6f5d3b7c11";
const FACTOR = "34e770dd-9ff9-416c-87fa-43b31d7ef225";

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const token = (aal: string) =>
  `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ sub: USER, aal, exp: 4_000_000_000 })}.c2ln`;

const factor = (status: string) => ({
  id: FACTOR,
  friendly_name: "My phone",
  factor_type: "totp",
  status,
  created_at: "2026-11-30T08:00:00Z",
  updated_at: "2026-11-30T08:00:00Z",
});

const user = (factors: object[], app: object = {}) => ({
  id: USER,
  aud: "authenticated",
  role: "authenticated",
  email: "person@example.test",
  app_metadata: { provider: "email", ...app },
  user_metadata: {},
  factors,
  created_at: "2026-11-01T08:00:00Z",
});

const session = (aal: string, factors: object[], app: object = {}) => ({
  access_token: token(aal),
  token_type: "bearer",
  expires_in: 3600,
  expires_at: 4_000_000_000,
  refresh_token: "refresh",
  user: user(factors, app),
});

type Answers = Record<string, readonly [status: number, body: object]>;

/** An auth server that answers in the shapes of the hosted one, and notes what it is asked. */
function authServer(answers: Answers) {
  const asked: string[] = [];
  const bodies: unknown[] = [];
  const held = new Map([["sb-project-auth-token", JSON.stringify(session("aal1", []))]]);
  const client = (isServer: boolean) =>
    createClient("http://project.test", "sb_secret_test", {
      auth: {
        autoRefreshToken: false,
        detectSessionInUrl: false,
        persistSession: !isServer,
        storage: {
          getItem: (key: string) => held.get(key) ?? null,
          setItem: (key: string, value: string) => void held.set(key, value),
          removeItem: (key: string) => void held.delete(key),
        },
      },
      global: {
        fetch: async (input, init) => {
          const { pathname } = new URL(String(input));
          const name = `${init?.method ?? "GET"} ${pathname.replace("/auth/v1", "")}`;
          asked.push(name);
          if (init?.body) bodies.push(JSON.parse(String(init.body)));
          const [status, body] = answers[name] ?? [404, { message: "not found" }];
          return Response.json(body, { status });
        },
      },
    });
  const service = new SecondFactorService({
    auth: client(false).auth,
    server: asServer(client(true)),
  });
  return { service, asked, bodies };
}

const failureOf = async (work: Promise<unknown>): Promise<AppError> => {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof AppError) return error;
  throw new Error(`no refusal: ${String(error)}`);
};

const ENROLLED = {
  id: FACTOR,
  type: "totp",
  friendly_name: "My phone",
  totp: {
    qr_code: "<svg xmlns='http://www.w3.org/2000/svg'></svg>",
    secret: "JBSWY3DPEHPK3PXP",
    uri: "otpauth://totp/Acme:person@example.test?secret=JBSWY3DPEHPK3PXP&issuer=Acme",
  },
};
const CHALLENGE = { id: "0d3aa138-da96-4aea-8217-af07daa6b82d", type: "totp", expires_at: 4e9 };

describe("the second factor, by the hosted server's answers", () => {
  it("is set up with a picture and a secret, and gives way to what was begun before", async () => {
    const { service, asked } = authServer({
      "GET /user": [200, user([factor("unverified")])],
      [`DELETE /factors/${FACTOR}`]: [200, { id: FACTOR }],
      "POST /factors": [200, ENROLLED],
    });
    expect(await service.enroll("My phone")).toEqual({
      factor_id: FACTOR,
      qr_code: expect.stringMatching(/^data:image\/svg\+xml/),
      secret: "JBSWY3DPEHPK3PXP",
    });
    expect(asked).toEqual(["GET /user", `DELETE /factors/${FACTOR}`, "POST /factors"]);
  });

  it("counts from its first code: the session rises, and the account is marked", async () => {
    const { service, asked, bodies } = authServer({
      [`POST /factors/${FACTOR}/challenge`]: [200, CHALLENGE],
      [`POST /factors/${FACTOR}/verify`]: [200, session("aal2", [factor("verified")])],
      [`PUT /admin/users/${USER}`]: [200, user([], { second_factor: true })],
      "POST /token": [200, session("aal2", [factor("verified")], { second_factor: true })],
    });
    await service.verify(FACTOR, "123456");
    expect(asked).toContain(`PUT /admin/users/${USER}`);
    expect(bodies).toContainEqual({ app_metadata: { second_factor: true } });
    expect(bodies).toContainEqual({ challenge_id: CHALLENGE.id, code: "123456" });
  });

  it("a sign-in with a known app changes nothing but the session", async () => {
    const { service, asked } = authServer({
      [`POST /factors/${FACTOR}/challenge`]: [200, CHALLENGE],
      [`POST /factors/${FACTOR}/verify`]: [
        200,
        session("aal2", [factor("verified")], { second_factor: true }),
      ],
    });
    await service.verify(FACTOR, "123456");
    expect(asked.filter((name) => name.includes("/admin/"))).toEqual([]);
  });

  it("says beside the field that a code is wrong", async () => {
    const { service } = authServer({
      [`POST /factors/${FACTOR}/challenge`]: [200, CHALLENGE],
      [`POST /factors/${FACTOR}/verify`]: [
        422,
        { code: 422, error_code: "mfa_verification_failed", msg: "Invalid TOTP code entered" },
      ],
    });
    const failure = await failureOf(service.verify(FACTOR, "000000"));
    expect(failure.code).toBe("invalid_request");
    expect(failure.fields?.code).toMatch(/not right/);
  });

  it("the last app that is taken away takes the mark with it", async () => {
    const { service, bodies } = authServer({
      [`DELETE /factors/${FACTOR}`]: [200, { id: FACTOR }],
      "GET /user": [200, user([], { second_factor: true })],
      [`PUT /admin/users/${USER}`]: [200, user([])],
      "POST /token": [200, session("aal1", [])],
    });
    await service.remove(FACTOR);
    expect(bodies).toContainEqual({ app_metadata: { second_factor: null } });
  });

  it("the list has the apps that were set up to the end, one without a name too", async () => {
    const other = "7d9d7f0c-61f6-4a53-b8a1-0f3c5f4f9d11";
    const { service } = authServer({
      "GET /user": [
        200,
        user([
          factor("verified"),
          { ...factor("verified"), id: other, friendly_name: undefined },
          { ...factor("unverified"), id: USER },
        ]),
      ],
    });
    expect(await service.list()).toEqual([
      { id: FACTOR, name: "My phone", created_at: "2026-11-30T08:00:00Z" },
      { id: other, name: "Authenticator app", created_at: "2026-11-30T08:00:00Z" },
    ]);
  });

  it("an app that works stays when another one is set up", async () => {
    const { service, asked } = authServer({
      "GET /user": [200, user([factor("verified")])],
      "POST /factors": [200, ENROLLED],
    });
    await service.enroll("My tablet");
    expect(asked).toEqual(["GET /user", "POST /factors"]);
  });

  it("taking one of two apps away leaves the mark", async () => {
    const { service, bodies } = authServer({
      [`DELETE /factors/${FACTOR}`]: [200, { id: FACTOR }],
      "GET /user": [200, user([{ ...factor("verified"), id: USER }], { second_factor: true })],
    });
    await service.remove(FACTOR);
    expect(bodies).toEqual([]);
  });

  it("an account that the auth server lists no apps for has none", async () => {
    const { service, bodies } = authServer({
      [`DELETE /factors/${FACTOR}`]: [200, { id: FACTOR }],
      "GET /user": [200, { ...user([]), factors: undefined }],
      [`PUT /admin/users/${USER}`]: [200, user([])],
      // The mark counts from the next sign-in.
      "POST /token": [400, { code: 400, error_code: "refresh_token_not_found", msg: "gone" }],
    });
    const warn = vi.spyOn(log(), "warn").mockImplementation(() => {});
    await service.remove(FACTOR);
    expect(bodies).toContainEqual({ app_metadata: { second_factor: null } });
    expect(warn).toHaveBeenCalledWith(expect.anything(), "the session was not renewed");
    warn.mockRestore();
  });

  describe("fails as unavailable, whichever request the auth server does not answer", () => {
    const down: [number, object] = [
      500,
      { code: 500, error_code: "unexpected_failure", msg: "down" },
    ];
    const challenge = { [`POST /factors/${FACTOR}/challenge`]: [200, CHALLENGE] } as const;
    it.each<[string, (service: SecondFactorService) => Promise<unknown>, Answers]>([
      ["the list", (service) => service.list(), { "GET /user": down }],
      ["what is known before", (service) => service.enroll("App"), { "GET /user": down }],
      [
        "taking away what was begun before",
        (service) => service.enroll("App"),
        {
          "GET /user": [200, user([factor("unverified")])],
          [`DELETE /factors/${FACTOR}`]: down,
        },
      ],
      [
        "the code",
        (service) => service.verify(FACTOR, "123456"),
        { ...challenge, [`POST /factors/${FACTOR}/verify`]: down },
      ],
      [
        "the mark",
        (service) => service.verify(FACTOR, "123456"),
        {
          ...challenge,
          [`POST /factors/${FACTOR}/verify`]: [200, session("aal2", [factor("verified")])],
          [`PUT /admin/users/${USER}`]: down,
        },
      ],
      ["the removal", (service) => service.remove(FACTOR), { [`DELETE /factors/${FACTOR}`]: down }],
      [
        "what is left after a removal",
        (service) => service.remove(FACTOR),
        { [`DELETE /factors/${FACTOR}`]: [200, { id: FACTOR }], "GET /user": down },
      ],
    ])("%s", async (_what, work, answers) => {
      expect((await failureOf(work(authServer(answers).service))).code).toBe("unavailable");
    });
  });

  it("a server without second factors is said to have none", async () => {
    const { service } = authServer({
      "GET /user": [200, user([])],
      "POST /factors": [
        422,
        { code: 422, error_code: "mfa_totp_enroll_not_enabled", msg: "MFA enroll is disabled" },
      ],
    });
    expect((await failureOf(service.enroll("My phone"))).code).toBe("second_factor_unavailable");
  });
});

describe("a refused sign-in", () => {
  it("takes the same time whatever was wrong; one that succeeds is not held up", async () => {
    async function timeOf(work: (spend: (ms: number) => void) => Promise<unknown>) {
      let time = 0;
      const spend = (ms: number) => {
        time += ms;
      };
      await withEvenRefusals(() => work(spend), {
        now: () => time,
        wait: async (ms) => spend(ms),
      }).catch(() => {});
      return time;
    }
    const refusedAfter = (ms: number) =>
      timeOf(async (spend) => {
        spend(ms);
        throw new AppError("unauthenticated");
      });
    expect(await refusedAfter(3)).toBe(await refusedAfter(180));
    expect(await timeOf(async (spend) => spend(90))).toBe(90);
    // One that took longer by itself is answered at once.
    expect(await refusedAfter(5_000)).toBe(5_000);
  });
});
