// Where the outbox is kept: IndexedDB, which also takes files.

const NAME = "khalifa";
const STORE = "outbox";

export interface Kept {
  key: string;
}

let opening: Promise<IDBDatabase> | null = null;

function opened(): Promise<IDBDatabase> {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(STORE, { keyPath: "key" });
    };
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error("no IndexedDB"));
    };
  });
  return opening;
}

async function within<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await opened();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(STORE, mode);
    const request = act(transaction.objectStore(STORE));
    transaction.oncomplete = () => {
      resolve(request.result);
    };
    transaction.onabort = transaction.onerror = () => {
      reject(transaction.error ?? new Error("not kept"));
    };
  });
}

// A browser that keeps nothing still sends; what waits is then lost with the page.
const nothing = () => undefined;

export async function keepOne(one: Kept): Promise<void> {
  await within("readwrite", (store) => store.put(one)).catch(nothing);
}

export async function dropOne(key: string): Promise<void> {
  await within("readwrite", (store) => store.delete(key)).catch(nothing);
}

export async function everyKept<T extends Kept>(): Promise<T[]> {
  return ((await within("readonly", (store) => store.getAll()).catch(nothing)) ?? []) as T[];
}
