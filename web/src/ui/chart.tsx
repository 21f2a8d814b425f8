// Charts, as the design draws them: two series at most, the same in words below, and as a table.

import { scaleBand, scaleLinear, scalePoint, type ScaleLinear } from "d3-scale";
import { area, line } from "d3-shape";

import { useSignal } from "@preact/signals";
import { number, t } from "../words/words";

/** `k1`, `k2`, `k3` and `kx` are the design's colours; a null is nothing, and no nought. */
export interface Series {
  name: string;
  colour: "k1" | "k2" | "k3" | "kx";
  values: (number | null)[];
}

/** `labels` stand under the chart, `rows` are the same places in words, in its table. */
export interface Drawn {
  title: string;
  labels: string[];
  rows: string[];
  series: [Series, Series];
  /** What every value should stay under. */
  target?: { name: string; value: number };
  said: (value: number) => string;
  words: string;
}

type Kind = "lines" | "stacked" | "side";

interface Frame {
  width: number;
  height: number;
}

const SIZES: Record<Kind, Frame> = {
  lines: { width: 520, height: 196 },
  stacked: { width: 520, height: 196 },
  side: { width: 720, height: 150 },
};
const START = 36;
const TOP = 8;
const UNDER = 26;
const TICKS = 4;
// As many labels as can be read below a chart.
const MOST_LABELS = 16;
const GAP = 1.2;

export function Chart({ kind, ...drawn }: Drawn & { kind: Kind }) {
  const asTable = useSignal(false);
  const { title, series, target, words } = drawn;
  return (
    <section class="card">
      <h2>
        {title}
        <span class="leg">
          {series.map((one) => <span key={one.name}><i class={one.colour} />{one.name}</span>)}
          {target ? <span><i class="kr" />{target.name}</span> : null}
        </span>
        <button type="button" class="btn tiny plain" aria-pressed={asTable.value} onClick={() => { asTable.value = !asTable.value; }}>
          {t("chart.table")}
        </button>
      </h2>
      {asTable.value ? <AsTable {...drawn} /> : <Drawing kind={kind} {...drawn} />}
      <p class="sum">{words}</p>
    </section>
  );
}

function Drawing({ kind, ...drawn }: Drawn & { kind: Kind }) {
  const frame = SIZES[kind];
  const { series: [first, second], target, labels, words } = drawn;
  const tops = first.values.map((value, at) => {
    const other = second.values[at] ?? 0;
    return kind === "stacked" ? (value ?? 0) + other : Math.max(value ?? 0, other);
  });
  const up = scaleLinear([0, Math.max(...tops, target?.value ?? 0, 1)], [frame.height - UNDER, TOP]).nice(TICKS);
  const Marks = kind === "lines" ? Lines : Bars;
  const every = Math.ceil(labels.length / MOST_LABELS);
  const places = along(kind, labels.length, frame);
  return (
    // Time goes as the digits go, in every language.
    <svg class="chart" viewBox={`0 0 ${String(frame.width)} ${String(frame.height)}`} direction="ltr" role="img" aria-label={words}>
      {up.ticks(TICKS).filter(Number.isInteger).map((tick) => (
        <g key={tick}>
          <line class="gl" x1={START} x2={frame.width - 6} y1={up(tick)} y2={up(tick)} />
          <text class="ax" x={START - 6} y={up(tick) + 4} text-anchor="end">{number(tick)}</text>
        </g>
      ))}
      {target ? <line class="ref" x1={START} x2={frame.width - 6} y1={up(target.value)} y2={up(target.value)} /> : null}
      <Marks {...drawn} frame={frame} up={up} kind={kind} />
      {labels.map((label, at) => at % every === 0 ? (
        <text key={at} class={(at / every) % 2 ? "ax x alt" : "ax x"} x={places[at]} y={frame.height - 8} text-anchor="middle">{label}</text>
      ) : null)}
    </svg>
  );
}

interface Marked extends Drawn {
  frame: Frame;
  up: ScaleLinear<number, number>;
  kind: Kind;
}

/** Where each place of a chart has its middle. */
function along(kind: Kind, count: number, frame: Frame): number[] {
  const all = Array.from({ length: count }, (_, at) => at);
  if (kind === "lines") {
    const point = scalePoint(all, [START + 6, frame.width - 13]);
    return all.map((at) => point(at) ?? 0);
  }
  const band = bands(count, frame);
  return all.map((at) => (band(at) ?? 0) + band.bandwidth() / 2);
}

function bands(count: number, frame: Frame) {
  return scaleBand(Array.from({ length: count }, (_, at) => at), [START + 2, frame.width - 6]).paddingInner(0.3).paddingOuter(0.15);
}

function Lines({ series, rows, said, frame, up }: Marked) {
  const across = along("lines", rows.length, frame);
  const base = frame.height - UNDER;
  const path = line<number | null>((_, at) => across[at] ?? 0, (value) => up(value ?? 0)).defined((value) => value !== null);
  const below = area<number | null>((_, at) => across[at] ?? 0, base, (value) => up(value ?? 0)).defined((value) => value !== null);
  return (
    <>
      <path class="area" d={below(series[0].values) ?? ""} />
      {series.map(({ name, colour, values }) => {
        const last = values.findLastIndex((value) => value !== null);
        return (
          <g key={name}>
            <path class={`ln ${colour}`} d={path(values) ?? ""} />
            {values.map((value, at) => value === null ? null : (
              <circle key={at} class={at === last ? `pt ${colour}` : "pt un"} cx={across[at]} cy={up(value)} r={at === last ? 3.5 : 9}>
                <title>{`${rows[at] ?? ""} · ${name}: ${said(value)}`}</title>
              </circle>
            ))}
          </g>
        );
      })}
    </>
  );
}

function Bars({ series, rows, said, frame, up, kind }: Marked) {
  const band = bands(rows.length, frame);
  const base = frame.height - UNDER;
  const side = kind === "side";
  const wide = side ? band.bandwidth() / 2 - GAP / 2 : band.bandwidth();
  return (
    <>
      {series.map(({ name, colour, values }, n) => values.map((value, at) => {
        if (!value) return null;
        const under = side || n === 0 ? 0 : (series[0].values[at] ?? 0);
        const lift = under ? GAP : 0;
        const tall = Math.max(1, base - up(value) - lift);
        const from = (band(at) ?? 0) + (side && n ? wide + GAP : 0);
        return (
          <rect key={`${name}-${String(at)}`} class={colour} x={from} y={up(under) - lift - tall} width={wide} height={tall} rx="2">
            <title>{`${rows[at] ?? ""} · ${name}: ${said(value)}`}</title>
          </rect>
        );
      }))}
    </>
  );
}

function AsTable({ title, rows, series, said }: Drawn) {
  return (
    <div class="asT" tabIndex={0} role="region" aria-label={title}>
      <table>
        <thead>
          <tr>
            <td />
            {series.map((one) => <th key={one.name} scope="col" class="n">{one.name}</th>)}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={row}>
              <th scope="row">{row}</th>
              {series.map((one) => {
                const value = one.values[at] ?? null;
                return <td key={one.name} class="n"><bdi dir="ltr">{value === null ? "—" : said(value)}</bdi></td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
