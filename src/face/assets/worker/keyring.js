// The worker's key on this device: in IndexedDB, where not even this page can read its private half.

const STORE = 'holder';

function open() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open('skillpass', 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function inStore(mode, use) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const asked = use(database.transaction(STORE, mode).objectStore(STORE));
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
  } finally {
    database.close();
  }
}

/** `{worker, signer}` kept for this ledger, or null. */
export async function keptKey(origin) {
  const kept = await inStore('readonly', (store) => store.get(origin));
  return kept ?? null;
}

export async function keepKey(origin, worker, { publicKey, privateKey }) {
  // The web key is made again where it is needed.
  const signer = { publicKey: { ...publicKey, web: null }, privateKey };
  await inStore('readwrite', (store) => store.put({ worker, signer }, origin));
}

export async function forgetKey(origin) {
  await inStore('readwrite', (store) => store.delete(origin));
}
