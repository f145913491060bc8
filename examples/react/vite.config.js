import { defineConfig } from 'vite';

// In development Vite stands where your web server does: it passes on to Belfry what is Belfry's, so that the page and its
// stream have one address, and the cookie of the log-in is sent with both.
const belfry = process.env.BELFRY_URL ?? 'http://127.0.0.1:8000';

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic' } },
  server: { proxy: { '/api/v1': belfry, '/demo': belfry } },
});
