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
        let tokens = self.tools.tokens.clone();
        let refusal = match spawn_blocking(move || tokens.replace(token)).await {
            Ok(Ok(())) => return tracing::info!("a new token came from the hub, and is kept"),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::warn!(reason = refusal, "the hub's new token is not taken");
        self.answer(&id, Outcome::Refused, &refusal).await;
    }
}
