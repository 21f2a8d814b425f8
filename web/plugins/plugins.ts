// What Vite does not do by itself: fonts are asked for at once, and files lie there compressed.

import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const COMPRESSIBLE = /\.(js|css|html|svg)$/;

/** Ask for the two Arabic faces with the page itself, not once its style is read. */
export function preloadFonts(): Plugin {
  return {
    name: "preload-fonts",
    transformIndexHtml: {
      order: "post",
      handler(_, { bundle }) {
        return Object.keys(bundle ?? {})
          .filter((name) => /^arabic-\d+\..*woff2$/.test(name))
          .map((name) => ({
            tag: "link",
            injectTo: "head-prepend",
            attrs: { rel: "preload", href: `/assets/${name}`, as: "font", type: "font/woff2", crossorigin: true },
          }));
      },
    },
  };
}

/** Lay a .gz and a .br beside each file: the server has no time to compress, the build has. */
export function compressed(): Plugin {
  return {
    name: "compressed",
    async writeBundle({ dir = "" }) {
      const names = (await readdir(dir)).filter((name) => COMPRESSIBLE.test(name));
      await Promise.all(names.map((name) => compress(join(dir, name))));
    },
  };
}

async function compress(file: string): Promise<void> {
  const content = await readFile(file);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
  await writeFile(`${file}.gz`, await promisify(gzip)(content, { level: 9 }));
  await writeFile(`${file}.br`, await promisify(brotliCompress)(content, { params }));
}
