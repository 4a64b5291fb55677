// The bank's page: one plain form, which a person, a browser under test and a few lines of HTTP can all fill in.

export const USER = 'alice';

const escape = (value) => String(value).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

export const page = (title, body) => `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${escape(title)}</title>
  <style>body { font: 18px/1.5 sans-serif; max-width: 30em; margin: 2em auto; padding: 0 1em } input, button { font: inherit }</style>
</head>
<body>
${body}
</body>
</html>
`;

export function consentPage({ kind, client, scope, action, trouble }) {
  return page(`Bank ${kind}`, `  <h1>Bank ${escape(kind)}</h1>
  <p>${escape(client)} asks for: ${escape(scope)}</p>
${trouble ? `  <p role="alert">${escape(trouble)}</p>\n` : ''}  <form method="post" action="${escape(action)}">
    <p><label>Login <input name="login" value="${USER}" autocomplete="off"></label></p>
    <p>
      <button type="submit" name="decision" value="approve">Approve</button>
      <button type="submit" name="decision" value="deny">Deny</button>
    </p>
  </form>`);
}

export function errorPage({ error, error_description: description }) {
  return page('Bank error', `  <h1>Something is wrong with this request</h1>
  <p><code>${escape(error)}</code>: ${escape(description ?? '')}</p>`);
}
