// A menu at a button: arrows, Home, End, the first letter; Esc and a click elsewhere close it.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { Icon } from "./parts";

export interface Choice {
  label: string;
  icon?: string;
  hint?: string;
  danger?: boolean;
  checked?: boolean;
  act: () => void;
}

interface MenuProps {
  name: string;
  /** The button says what it is in words of its own. */
  worded?: boolean;
  cls: string;
  choices: Choice[];
  children: ComponentChildren;
  head?: ((close: () => void) => ComponentChildren) | undefined;
}

export function Menu({ name, worded, cls, choices, children, head }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const [up, setUp] = useState(false);
  const root = useRef<HTMLSpanElement>(null);
  const close = () => {
    setOpen(false);
    root.current?.querySelector("button")?.focus();
  };
  useEffect(() => {
    if (!isOpen) return;
    root.current?.querySelector<HTMLElement>("[role^=menuitem]")?.focus();
    const elsewhere = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", elsewhere);
    return () => {
      document.removeEventListener("pointerdown", elsewhere);
    };
  }, [isOpen]);
  return (
    <span class="menu" ref={root}>
      <button type="button" class={cls} aria-haspopup="menu" aria-expanded={isOpen} aria-label={worded ? undefined : name} title={name} onClick={(event) => {
        // Where there is more room.
        setUp(event.currentTarget.getBoundingClientRect().top > innerHeight / 2);
        setOpen(!isOpen);
      }}>
        {children}
      </button>
      {isOpen ? (
        <div class={up ? "pop-menu up" : "pop-menu"} role="menu" aria-label={name} onKeyDown={(event) => { steer(event, close); }}>
          {head?.(close)}
          {choices.map((choice) => (
            <button
              key={choice.label}
              type="button"
              role={choice.checked === undefined ? "menuitem" : "menuitemradio"}
              aria-checked={choice.checked}
              tabIndex={-1}
              class={choice.danger ? "dang" : ""}
              onClick={() => {
                close();
                choice.act();
              }}
            >
              {choice.icon ? <Icon name={choice.icon} /> : null}
              <span>
                {choice.label}
                {choice.hint ? <small>{choice.hint}</small> : null}
              </span>
              {choice.checked ? <Icon name="check" /> : null}
            </button>
          ))}
        </div>
      ) : null}
    </span>
  );
}

function steer(event: KeyboardEvent, close: () => void): void {
  const menu = event.currentTarget as HTMLElement;
  const items = [...menu.querySelectorAll<HTMLElement>("[role^=menuitem]")];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }[event.key];
  const found = items.find((item) => event.key.length === 1 && item.textContent.trim().startsWith(event.key));
  if (to !== undefined) items[to % items.length]?.focus();
  else if (event.key === "Escape" || event.key === "Tab") close();
  else if (found) found.focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
}
