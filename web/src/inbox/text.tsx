// What people wrote: text, with addresses that can be opened and WhatsApp's own marks.

import type { ComponentChildren } from "preact";

import { direction } from "../words/format";

const PIECES = /(https?:\/\/[^\s<>"']+[^\s<>"'.,،؛;:!?)\]])|(?<![\w*])\*([^*\n]+)\*(?![\w*])|(?<![\w~])~([^~\n]+)~(?![\w~])|`([^`\n]+)`/g;

export function pieces(text: string): ComponentChildren[] {
  const found: ComponentChildren[] = [];
  let at = 0;
  for (const match of text.matchAll(PIECES)) {
    if (match.index > at) found.push(text.slice(at, match.index));
    const [whole, url, bold, struck, code] = match;
    if (url) {
      found.push(
        <a class="url" href={url} target="_blank" rel="noopener noreferrer nofollow" dir="ltr">
          {url}
        </a>,
      );
    } else if (bold) found.push(<b>{bold}</b>);
    else if (struck) found.push(<s>{struck}</s>);
    else found.push(<code>{code}</code>);
    at = match.index + whole.length;
  }
  if (at < text.length) found.push(text.slice(at));
  return found;
}

const ONLY_EMOJI = /^(?:\p{Extended_Pictographic}|\p{Emoji_Component}|\s){1,12}$/u;

export function Words({ text }: { text: string }) {
  const big = ONLY_EMOJI.test(text) && /\p{Extended_Pictographic}/u.test(text);
  return (
    <p dir={direction(text) ?? "auto"} class={big ? "emoji" : ""}>
      {pieces(text)}
    </p>
  );
}
