/**
 * The request that is being served, for tests that run pages' and forms' code in this process. A test
 * file puts it in the framework's place with `vi.mock`, as `next/headers` and as part of `next/server`.
 */

interface CookieToSet {
  name: string;
  value: string;
  maxAge?: number;
}

/** The visitor's browser: its cookies, and the headers that it sends. */
export const visitor = {
  cookies: new Map<string, string>(),
  headers: new Headers(),
  /** What the framework does once the answer is sent. */
  later: [] as (() => Promise<unknown>)[],

  /** Forgets everything: the next request is somebody new's. */
  reset(): void {
    this.cookies.clear();
    this.headers = new Headers();
    this.later = [];
  },

  async runLater(): Promise<void> {
    for (const work of this.later.splice(0)) await work();
  },
};

const jar = {
  getAll: () => [...visitor.cookies].map(([name, value]) => ({ name, value })),
  get: (name: string) => {
    const value = visitor.cookies.get(name);
    return value === undefined ? undefined : { name, value };
  },
  set: (given: string | CookieToSet, text = "", options: { maxAge?: number } = {}) => {
    const { name, value, maxAge } =
      typeof given === "string" ? { name: given, value: text, ...options } : given;
    if (maxAge === 0) visitor.cookies.delete(name);
    else visitor.cookies.set(name, value);
  },
  delete: (name: string) => void visitor.cookies.delete(name),
};

/** In place of `next/headers`. */
export const nextHeaders = {
  headers: async () => visitor.headers,
  cookies: async () => jar,
};

/** In place of `after` of `next/server`. */
export const after = (work: () => Promise<unknown>): void => {
  visitor.later.push(work);
};
