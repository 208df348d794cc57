//! A new token from the hub: kept on disk, then tried; it is answered only if it is not taken.

use super::Orders;
use tokio::task::spawn_blocking;
use waystation_protocol::{Outcome, TokenOffer};

impl Orders {
    /// Nothing of the payload is logged: it may hold a token in a form that is not known here.
    pub(super) async fn take_token(&mut self, payload: &[u8]) {
        let Some(TokenOffer { id, token }) = TokenOffer::parse(payload) else {
            return tracing::warn!("a new token from the hub was not understood");
        };
        let Err(refusal) = self.keep_token(token).await else {
            return tracing::info!("a new token came from the hub, and is kept");
        };
        tracing::warn!(reason = refusal, "the hub's new token is not taken");
        self.answer(&id, Outcome::Refused, &refusal).await;
    }

    /// A hub sends no token where somebody could stand in between, who would take the station away from it for good.
    async fn keep_token(&self, token: String) -> Result<(), String> {
        if !self.tools.is_private {
            return Err("it came over a connection without TLS, on which anybody could have sent it".into());
        }
        let tokens = self.tools.tokens.clone();
        let kept = spawn_blocking(move || tokens.replace(token)).await.map_err(|error| error.to_string())?;
        kept.map_err(|error| error.to_string())
    }
}
