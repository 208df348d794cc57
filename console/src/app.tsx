import { useEffect } from "preact/hooks";
import { Route, Router, Switch } from "wouter-preact";
import { get, Refused } from "./api/client";
import { Layout } from "./layout";
import { Alerts } from "./pages/alerts";
import { Audit } from "./pages/audit";
import { Fleet } from "./pages/fleet";
import { Ledger } from "./pages/ledger";
import { Login } from "./pages/login";
import { Quarantine } from "./pages/quarantine";
import { Screen } from "./pages/screen";
import { Settings } from "./pages/settings";
import { Silences } from "./pages/silences";
import { Station } from "./pages/station";
import { Stations } from "./pages/stations";
import { Utilisation } from "./pages/utilisation";
import { go, place, usePlace } from "./state/place";
import { dismissed, token, who, type Role } from "./state/session";

/** Asks the hub who this is; a hub on loopback lets everybody read. */
function useWhoAmI(): void {
  const secret = token.value;
  useEffect(() => {
    // Also where reading is open: whoever could act must see that they no longer can.
    if (dismissed.peek()) askToSignIn();
    get<{ name: string | null; role: Role }>("/api/v1/me")
      .then((me) => (who.value = me))
      .catch((error: Error) => {
        who.value = null;
        if (error instanceof Refused && error.status === 401) askToSignIn();
      });
  }, [secret]);
}

/** Where reading needs a token; the way back is kept. The big screen is for everybody. */
function askToSignIn(): void {
  const { path, query } = place.peek();
  if (path === "/login" || path === "/screen") return;
  const here = query.size === 0 ? path : `${path}?${query.toString()}`;
  go(`/login?${new URLSearchParams({ next: here }).toString()}`, { replace: true });
}

export function App() {
  useWhoAmI();
  return (
    <Router hook={usePlace}>
      <Switch>
        <Route path="/screen" component={Screen} />
        <Route path="/login" component={Login} />
        <Route>
          <Layout>
            <Switch>
              <Route path="/" component={Fleet} />
              <Route path="/stations" component={Stations} />
              <Route path="/stations/:id">{({ id }) => <Station id={id} key={id} />}</Route>
              <Route path="/alerts" component={Alerts} />
              <Route path="/silences" component={Silences} />
              <Route path="/utilisation" component={Utilisation} />
              <Route path="/quarantine" component={Quarantine} />
              <Route path="/ledger" component={Ledger} />
              <Route path="/audit" component={Audit} />
              <Route path="/settings" component={Settings} />
            </Switch>
          </Layout>
        </Route>
      </Switch>
    </Router>
  );
}
