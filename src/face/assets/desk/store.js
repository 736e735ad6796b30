// What the desk keeps in this browser: keys made here, and what was signed, durable before it is sent, so that nothing is recorded twice.

const NAME = 'skillpass-desk';

function openStore() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore('keys');
      asked.result.createObjectStore('rows', { keyPath: ['scope', 'digest'] });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

/** Runs `use` on a store; answers what its request answers, once it is on disk. */
async function inDeskStore(name, mode, use) {
  const database = await openStore();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(name, mode, { durability: 'strict' });
      const asked = use(transaction.objectStore(name));
      transaction.oncomplete = () => resolve(asked?.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** The key that was made in this browser for a ledger, or null. */
export async function keptSigner(origin) {
  return (await inDeskStore('keys', 'readonly', (store) => store.get(origin))) ?? null;
}

export async function keepSigner(origin, { publicKey, privateKey }) {
  // The web key is made again where it is needed.
  await inDeskStore('keys', 'readwrite', (store) => store.put({ publicKey: { ...publicKey, web: null }, privateKey }, origin));
}

export async function forgetSigner(origin) {
  await inDeskStore('keys', 'readwrite', (store) => store.delete(origin));
}

/** The rows of one body and kind at one ledger; a row is known by the digest of its content, whatever file it comes from. */
export class SignedRows {
  constructor(origin, issuer, kind) {
    this.scope = `${origin} ${issuer} ${kind}`;
  }

  /** Every row that was signed, by its digest. */
  async all() {
    const range = IDBKeyRange.bound([this.scope, ''], [this.scope, '\uffff']);
    const rows = await inDeskStore('rows', 'readonly', (store) => store.getAll(range));
    return new Map(rows.map((row) => [row.digest, row]));
  }

  /** Durable when it answers. */
  async put(rows) {
    await inDeskStore('rows', 'readwrite', (store) => {
      for (const row of rows) store.put({ ...row, scope: this.scope });
    });
  }

  async remove(digests) {
    await inDeskStore('rows', 'readwrite', (store) => {
      for (const digest of digests) store.delete([this.scope, digest]);
    });
  }
}

/** Takes everything about persons out of what is recorded; what is left says only that a row was. */
export async function forgetPersons() {
  const rows = await inDeskStore('rows', 'readonly', (store) => store.getAll());
  const bare = rows.filter((row) => row.revision !== undefined).map(bareRow);
  await inDeskStore('rows', 'readwrite', (store) => {
    for (const row of bare) store.put(row);
  });
}

function bareRow({ scope, digest, worker, id, hash, kid, revision }) {
  return { scope, digest, worker, id, hash, kid, revision };
}
