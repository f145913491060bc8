import { createApp } from 'vue';
import App from './App.vue';

// The sample app's log-in. Yours sets its own cookie, or gives out tokens or tickets.
await fetch('/demo/session', { method: 'POST' });

createApp(App).mount('#app');
