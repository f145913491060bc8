import { createRoot } from 'react-dom/client';
import { App } from './App.jsx';

// The sample app's log-in. Yours sets its own cookie, or gives out tokens or tickets.
await fetch('/demo/session', { method: 'POST' });

createRoot(document.getElementById('app')).render(<App />);
