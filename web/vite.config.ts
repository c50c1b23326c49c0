import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/**
 * The page is served by the node under a strict policy: no inline script or style, no other host, Trusted Types.
 * `--mode fake` builds the same page on a pretend node, for looking at screens without a network.
 */
export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2024',
    // The polyfill would be an inline script; every browser we support preloads modules by itself.
    modulePreload: { polyfill: false },
    // A data: URL would be refused by the policy.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // One small file; public/layers.css says in which order its layers count.
    cssCodeSplit: false,
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      // The page needs the types and the error texts of the API table, never its validators.
      treeshake: { moduleSideEffects: (id) => !id.includes('/engine/src/api/') },
    },
  },
})
