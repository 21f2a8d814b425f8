import { join } from "node:path";
import { defineConfig } from "vite";

import { cutFonts } from "./plugins/fonts.ts";
import { compressed, preloadFonts } from "./plugins/plugins.ts";

const here = import.meta.dirname;
const fonts = join(here, "node_modules/.cache/fonts");

export default defineConfig(async () => {
  await cutFonts(fonts);
  return {
    root: here,
    base: "/assets/",
    resolve: { alias: { "@fonts": fonts } },
    plugins: [preloadFonts(), compressed()],
    build: {
      outDir: join(here, "../src/khalifa/entrypoints/http/static/desk"),
      emptyOutDir: true,
      assetsDir: "",
      // The page may load nothing but files: no data: address, no script within.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      rollupOptions: {
        input: { desk: join(here, "desk.html"), sandbox: join(here, "sandbox.html") },
        output: {
          entryFileNames: "[name].[hash].js",
          chunkFileNames: "[name].[hash].js",
          assetFileNames: "[name].[hash][extname]",
        },
      },
    },
  };
});
