// The Arabic faces, cut to what is written in Egypt: the letters of Arabic, its marks and digits,
// and the few that names borrow. What is missing is drawn by a face of the device.

import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import subsetFont from "subset-font";

const FACES = ["400", "600"];
const require = createRequire(import.meta.url);

function arabic(): string {
  const ranges: [number, number][] = [
    [0x060c, 0x060c], [0x061b, 0x061f], [0x0621, 0x063a], [0x0640, 0x0655], [0x0660, 0x066c], [0x0670, 0x0671],
    // Joiners and marks of direction, and the spaces between words.
    [0x20, 0x20], [0xa0, 0xa0], [0x200c, 0x200f],
  ];
  const letters = ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, at) => from + at));
  return String.fromCodePoint(...letters) + "پچژڤگکی";
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(() => true, () => false);
}

/** Write the faces into *folder*, once. */
export async function cutFonts(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const weight of FACES) {
    const whole = (script: string) =>
      require.resolve(`@fontsource/ibm-plex-sans-arabic/files/ibm-plex-sans-arabic-${script}-${weight}-normal.woff2`);
    const cut = join(folder, `arabic-${weight}.woff2`);
    if (!(await isThere(cut))) {
      await writeFile(cut, await subsetFont(await readFile(whole("arabic")), arabic(), { targetFormat: "woff2" }));
      await writeFile(join(folder, `latin-${weight}.woff2`), await readFile(whole("latin")));
    }
  }
}
