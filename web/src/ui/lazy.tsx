// A view that is loaded when somebody goes there: the inbox does not carry it.

import { signal, type Signal } from "@preact/signals";
import type { ComponentType } from "preact";

export type Lazy = () => Signal<ComponentType | null>;

export function lazy(load: () => Promise<{ default: ComponentType }>): Lazy {
  let found: Signal<ComponentType | null> | null = null;
  return () => {
    if (!found) {
      const into = signal<ComponentType | null>(null);
      found = into;
      load().then(
        (module) => { into.value = module.default; },
        // The server was restarted with a newer page: take that.
        () => { location.reload(); },
      );
    }
    return found;
  };
}

export function Suspense({ of }: { of: Lazy }) {
  const View = of().value;
  return View ? <View /> : <main class="view page" aria-busy="true" />;
}
