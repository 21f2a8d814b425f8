// The small parts that every view is made of.

import type { ComponentChildren, JSX } from "preact";

import type { Key } from "../words/words";
import { t } from "../words/words";
import icons from "./icons.svg?url";

export function Icon({ name, flip, cls = "ic" }: { name: string; flip?: boolean; cls?: string }) {
  return (
    <svg class={flip ? `${cls} flip` : cls} aria-hidden="true">
      <use href={`${icons}#${name}`} />
    </svg>
  );
}

export function Mark({ size = "" }: { size?: string }) {
  return (
    <svg class={`mark ${size}`} viewBox="0 0 48 48" aria-hidden="true">
      <path
        class="s"
        d="M24 2l6.44 8.46L41 7l-.46 10.56L48 24l-7.46 6.44L41 41l-10.56-3.46L24 46l-6.44-8.46L7 41l.46-10.56L0 24l7.46-6.44L7 7l10.56 3.46z"
        transform="translate(2.4 2.4) scale(.9)"
      />
      <path class="c" d="M20.5 15h7v5.5H33v7h-5.5V33h-7v-5.5H15v-7h5.5z" />
    </svg>
  );
}

/** A button that is only an icon: its name is said, and shown when pointed at. */
export function IconButton(
  props: { icon: string; name: string; flip?: boolean; small?: boolean } & Omit<JSX.IntrinsicElements["button"], "name" | "icon">,
) {
  const { icon, name, flip, small, class: cls, ...rest } = props;
  return (
    <button type="button" class={`ib ${small ? "sm " : ""}${(cls as string | undefined) ?? ""}`} aria-label={name} title={name} {...rest}>
      <Icon name={icon} flip={flip ?? false} />
    </button>
  );
}

const TITLES = /^(?:الحاجة|الحاج|الأستاذة?|أستاذة?|دكتورة?|د|أم|ام|أبو|ابو|dr|mr|mrs|ms)[.\s]+/iu;

function initial(name: string): string {
  const bare = name.trim().replace(TITLES, "");
  return /\p{L}|\p{Extended_Pictographic}/u.exec(bare)?.[0].toUpperCase() ?? "";
}

export function Avatar({ id, name, size = "", children }: { id: number; name: string | null; size?: string; children?: ComponentChildren }) {
  const letter = name ? initial(name) : "";
  // One of eight hues, by whom it is: consecutive ids get different ones.
  const hue = ((id * 5) % 8) + 1;
  return (
    <span class={`av h${String(hue)} ${size}`}>
      <span class="ini" aria-hidden="true">
        {letter || <Icon name="person" />}
      </span>
      {children}
    </span>
  );
}

const TICKS: Record<string, [string, Key]> = {
  waiting: ["clock", "msg.queued"],
  queued: ["clock", "msg.queued"],
  sending: ["clock", "msg.sending"],
  sent: ["tick1", "msg.sent"],
  delivered: ["tick2", "msg.delivered"],
  read: ["tick2", "msg.read"],
  failed: ["fail", "msg.failed"],
  unknown: ["unk", "msg.unknown"],
};

export function Tick({ status }: { status: string }) {
  const tick = TICKS[status];
  if (!tick) return null;
  return (
    <span class={`tick ${status}`}>
      <Icon name={tick[0]} cls="tk" />
      <span class="vh">{t(tick[1])}</span>
    </span>
  );
}

export function Switch({ on, name, change }: { on: boolean; name: string; change: (on: boolean) => void }) {
  return (
    <button type="button" class="tgl" role="switch" aria-checked={on} aria-label={name} onClick={() => { change(!on); }}>
      <i />
    </button>
  );
}

export function Segments<T extends string>({ name, value, choices, change }: { name: string; value: T; choices: [T, string][]; change: (value: T) => void }) {
  return (
    <div class="seg" role="group" aria-label={name}>
      {choices.map(([choice, label]) => (
        <button key={choice} type="button" aria-pressed={choice === value} onClick={() => { change(choice); }}>
          {label}
        </button>
      ))}
    </div>
  );
}

export function Phone({ children }: { children: string }) {
  return <bdi dir="ltr">{children}</bdi>;
}
