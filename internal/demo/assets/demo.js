// The page of the sample app. It signs the visitor in, puts the bell into the bar, sends what the form says, and writes
// down what the bell's client hears.
import '/belfry.js';

const $ = (id) => document.getElementById(id);

/** Calls the sample app's own back end. */
async function call(method, path, body) {
  const init = { method };
  if (body) Object.assign(init, { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const answer = await fetch(path, init);
  const value = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(value.detail ?? value.title), { fields: value.errors ?? [] });
  return value;
}

/** Signs in, or renews the session: the answer's cookie is all that the bell needs. */
const signIn = () => call('POST', '/demo/session');

const person = await signIn();
$('name').textContent = person.name;
$('face').textContent = person.name.slice(0, 1).toUpperCase();

const bell = document.createElement('belfry-bell');
bell.renew = signIn;
$('bell').append(bell);
await bell.updateComplete;

// Going to the page that is open already would only reload it; an app with a router would route here.
bell.addEventListener('belfry-open', (event) => {
  if (new URL(event.detail.url, location.href).pathname === location.pathname) event.preventDefault();
});

const words = {
  connecting: 'Connecting',
  live: 'Live',
  polling: 'Live, by asking',
  reconnecting: 'Reconnecting',
  offline: 'Offline',
  unauthorized: 'Signed out',
  stopped: 'Disconnected',
};
let status = '';
const show = () => {
  const s = bell.client.snapshot();
  $('unread').textContent = s.unread;
  $('unseen').textContent = s.unseen;
  if (s.status === status) return;
  status = $('link').dataset.status = s.status;
  $('status').textContent = words[status];
  write('status', s.reason ? `${words[status]} (${s.reason})` : words[status]);
};
bell.client.subscribe(show);
show();

bell.client.onChange(({ kind, data }) => {
  if (kind === 'counts') return write(kind, `${data.unread} unread, ${data.unseen} unseen`);
  if (kind === 'delete') return write(kind, data.id);
  if (kind === 'message') return write(kind, data.title);
  const state = ['archived', 'read', 'seen'].find((name) => data[`${name}_at`] !== null) ?? 'unread';
  write('update', `${data.title}: ${state}`);
});

/** Writes a line into the log, newest on top; old lines go. */
function write(kind, text) {
  const line = document.createElement('li');
  const cell = (name, content, className) =>
    line.append(Object.assign(document.createElement(name), { textContent: content, className }));
  cell('time', new Date().toLocaleTimeString([], { hour12: false }), '');
  cell('span', kind, `kind ${kind}`);
  cell('span', text, 'text');
  $('log').prepend(line);
  while ($('log').children.length > 200) $('log').lastChild.remove();
}

$('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector('.primary');
  if (button.getAttribute('aria-busy') === 'true') return;
  button.setAttribute('aria-busy', 'true');
  fault({});
  try {
    await call('POST', '/demo/send', Object.fromEntries(new FormData(form)));
    say('Stored and rung.');
  } catch (error) {
    const fields = Object.fromEntries((error.fields ?? []).map(({ field, message }) => [field, message]));
    fault(fields);
    say(Object.keys(fields).length ? 'Not sent.' : `Not sent: ${error.message}`, true);
  } finally {
    button.removeAttribute('aria-busy');
  }
});

function say(text, bad = false) {
  $('sent').textContent = text;
  $('sent').classList.toggle('bad', bad);
}

/** Writes each fault below its field, and puts the focus into the first. */
function fault(fields) {
  for (const name of ['body', 'title']) {
    $(`${name}-error`).textContent = fields[name] ?? '';
    $(name).toggleAttribute('aria-invalid', false);
    if (!fields[name]) continue;
    $(name).setAttribute('aria-invalid', 'true');
    $(name).focus();
  }
}

const { curl } = await call('GET', '/demo/info');
$('curl').textContent = curl;
$('copy').addEventListener('click', async () => {
  try {
    await navigator.clipboard.writeText(curl);
    $('copy').textContent = 'Copied';
  } catch {
    // Without the right to write the clipboard, the line is selected: the person's own copy does the rest.
    getSelection().selectAllChildren($('curl'));
    $('copy').textContent = 'Selected';
  }
});
