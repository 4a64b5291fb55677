// What one bank remembers, for as long as it lasts. Outlives the provider, which is made anew when a key is rotated.
const GRANTED = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken']);
const now = () => Date.now() / 1000;

export class Store {
  #entries = new Map();
  #grants = new Map();
  #uids = new Map();

  /** `client` answers the registration of the one client. */
  constructor(client) {
    this.client = client;
    setInterval(() => this.#sweep(), 30_000).unref();
  }

  #sweep() {
    for (const [key, { expires, payload }] of this.#entries) {
      if (expires < now()) {
        this.#entries.delete(key);
        if (payload.grantId) this.#grants.delete(payload.grantId);
        if (payload.uid) this.#uids.delete(payload.uid);
      }
    }
  }

  #get(key) {
    const entry = this.#entries.get(key);
    return entry && entry.expires >= now() ? entry.payload : undefined;
  }

  adapter = (model) => ({
    upsert: async (id, payload, expiresIn) => {
      const key = `${model}:${id}`;
      this.#entries.set(key, { payload, expires: expiresIn ? now() + expiresIn : Infinity });
      if (model === 'Session') this.#uids.set(payload.uid, id);
      if (GRANTED.has(model) && payload.grantId) {
        if (!this.#grants.has(payload.grantId)) this.#grants.set(payload.grantId, new Set());
        this.#grants.get(payload.grantId).add(key);
      }
    },
    find: async (id) => {
      if (model !== 'Client') return this.#get(`${model}:${id}`);
      const client = this.client();
      return client.client_id === id ? client : undefined;
    },
    findByUid: async (uid) => this.#get(`${model}:${this.#uids.get(uid)}`),
    findByUserCode: async () => undefined,
    destroy: async (id) => { this.#entries.delete(`${model}:${id}`); },
    consume: async (id) => {
      const payload = this.#get(`${model}:${id}`);
      if (payload) payload.consumed = Math.floor(now());
    },
    revokeByGrantId: async (grantId) => {
      for (const key of this.#grants.get(grantId) ?? []) this.#entries.delete(key);
      this.#grants.delete(grantId);
    },
  });
}
