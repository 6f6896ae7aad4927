// A real identity provider for tests: node identity_provider.mjs PORT DESK, the people as JSON in
// PEOPLE. POST /people/NAME changes one of them. tests/browser/test_sign_on.py starts it.

import { createServer } from "node:http";
import { Provider } from "../../theme/static_src/node_modules/oidc-provider/lib/index.js";

const [port, desk] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const people = JSON.parse(process.env.PEOPLE);
const scope = "openid profile email groups";

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "helpdesk",
      client_secret: "the desk's secret at the provider",
      grant_types: ["authorization_code", "refresh_token"],
      redirect_uris: [`${desk}/accounts/sso/callback/`],
      post_logout_redirect_uris: [`${desk}/accounts/login/`],
      backchannel_logout_uri: `${desk}/accounts/sso/logout/`,
      backchannel_logout_session_required: true,
    },
  ],
  scopes: scope.split(" "),
  claims: {
    openid: ["sub"],
    profile: ["given_name", "family_name", "preferred_username"],
    email: ["email", "email_verified"],
    groups: ["groups"],
  },
  cookies: { keys: ["only for tests"] },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: () => true,
  findAccount: (_ctx, sub) =>
    people[sub]?.active ? { accountId: sub, claims: () => ({ sub, ...people[sub] }) } : undefined,
  // Nobody is asked to agree that the desk knows them.
  loadExistingGrant: async ({ oidc }) => {
    const known = oidc.session.grantIdFor(oidc.client.clientId);
    const grant =
      (known && (await oidc.provider.Grant.find(known))) ||
      new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope(scope);
    await grant.save();
    return grant;
  },
  // The desk of a test is on this machine, where a provider would call nobody.
  fetch: (url, { dispatcher: _guarded, ...options }) => fetch(url, options),
  interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => {
        ctx.body = `<!doctype html><title>Harbour ID</title>${form}
          <button form="op.logoutForm" name="logout" value="yes">Yes, sign me out</button>`;
      },
      postLogoutSuccessSource: (ctx) => {
        ctx.body = "<!doctype html><title>Harbour ID</title><p>Signed out.</p>";
      },
    },
  },
});

async function body(request) {
  let text = "";
  for await (const part of request) text += part;
  return text;
}

const page = `<!doctype html><html lang="en"><title>Harbour ID</title><h1>Harbour ID</h1>
  <form method="post"><label>Name <input name="name"></label> <button>Sign in</button></form>`;

createServer(async (request, answer) => {
  const [, first, second] = request.url.split("/");
  if (first === "people") {
    Object.assign(people[second], JSON.parse(await body(request)));
    answer.end();
  } else if (first === "interaction" && request.method === "POST") {
    const accountId = new URLSearchParams(await body(request)).get("name");
    await provider.interactionFinished(request, answer, { login: { accountId } });
  } else if (first === "interaction") {
    answer.setHeader("Content-Type", "text/html").end(page);
  } else {
    provider.callback()(request, answer);
  }
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));
