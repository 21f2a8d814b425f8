// The head of a column by which a table is sorted: once the one way, once the other.

import { Icon } from "./parts";

interface SortHeadProps {
  name: string;
  cls?: string;
  /** Which way the table is sorted by this column; null while it is by another. */
  falling: boolean | null;
  choose: () => void;
}

export function SortHead({ name, cls = "", falling, choose }: SortHeadProps) {
  return (
    <th scope="col" class={cls} aria-sort={falling === null ? undefined : falling ? "descending" : "ascending"}>
      <button type="button" class="sort" onClick={choose}>
        {name}
        {falling === null ? null : <Icon name="chev" cls={falling ? "ic" : "ic up"} />}
      </button>
    </th>
  );
}
