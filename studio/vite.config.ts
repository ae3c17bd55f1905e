import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: {
    outDir: "../composer/server/static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    rollupOptions: {
      output: { entryFileNames: "assets/[name].js", chunkFileNames: "assets/[name].js", assetFileNames: "assets/[name][extname]" },
    },
  },
});
