import preact from "@preact/preset-vite";
import { loadEnv } from "vite";
import { defineConfig } from "vitest/config";

// `npm run dev` shows the console of a hub that runs on this machine.
const hub = loadEnv("development", ".", "WAYSTATION_HUB")["WAYSTATION_HUB"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "./",
  plugins: [preact()],
  build: { target: "es2022", sourcemap: false, assetsInlineLimit: 0, reportCompressedSize: true },
  server: { proxy: { "/api": hub, "/public": hub, "/gbfs": hub, "/healthz": hub, "/readyz": hub } },
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx"] },
});
