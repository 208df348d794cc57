//! Mail over SMTP: plain text in UTF-8, one message to all receivers.

use std::time::Duration;

use lettre::message::{Mailbox, header::ContentType};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::super::notice::Notice;
use super::super::outcome::Outcome;
use super::super::trust;
use super::super::words::{Words, fit};
use crate::config::{Channel, MailSecurity, Text};

/// No server has trouble with this, and nobody reads more.
const TEXT_BYTES_MAX: usize = 100_000;

pub(super) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    to: Vec<Mailbox>,
}

impl Mailer {
    /// What is wrong with the configuration, if anything.
    pub(super) fn new(config: &Channel) -> Result<Self, String> {
        let (host, port) = config.server.rsplit_once(':').ok_or("its server has no port")?;
        let port = port.parse().map_err(|_| "the port of its server is no number")?;
        let parameters = || tls_parameters(host, config);
        let tls = match config.security {
            MailSecurity::None => Tls::None,
            MailSecurity::Starttls => Tls::Required(parameters()?),
            MailSecurity::Tls => Tls::Wrapper(parameters()?),
        };
        let timeout = Duration::from_secs(config.timeout_s.max(1));
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(port)
            .tls(tls)
            .timeout(Some(timeout));
        if let (Some(username), Some(password)) = (&config.username, &config.password) {
            builder = builder.credentials(Credentials::new(username.clone(), password.clone()));
        }
        let address = |text: &String| text.parse::<Mailbox>().map_err(|error| format!("`{text}`: {error}"));
        Ok(Self {
            transport: builder.build(),
            from: address(&config.from)?,
            to: config.to.iter().map(address).collect::<Result<_, _>>()?,
        })
    }

    pub(super) async fn send(&self, config: &Channel, notices: &[Notice], words: &Words) -> Outcome {
        let parts: Vec<String> = notices.iter().map(|notice| text_part(notice, words, config)).collect();
        let text = fit(&parts, "\n\n", TEXT_BYTES_MAX, |count| words.more(count, config.language));
        let mut message = Message::builder()
            .from(self.from.clone())
            .subject(words.headline(notices, config.language))
            .header(ContentType::TEXT_PLAIN);
        for to in &self.to {
            message = message.to(to.clone());
        }
        let message = match message.body(text) {
            Ok(message) => message,
            Err(error) => return Outcome::Refused { message: error.to_string() },
        };
        match self.transport.send(message).await {
            Ok(_) => Outcome::Delivered,
            Err(error) => classify(&error),
        }
    }

    /// Greets the server, with TLS and login.
    pub(super) async fn probe(&self) -> Outcome {
        match self.transport.test_connection().await {
            Ok(true) => Outcome::Delivered,
            Ok(false) => Outcome::Failed { message: "the server closed the connection".into() },
            Err(error) => classify(&error),
        }
    }
}

/// With the system's authorities, or those of `ca` instead.
fn tls_parameters(host: &str, config: &Channel) -> Result<TlsParameters, String> {
    let wrong = |error: lettre::transport::smtp::Error| format!("TLS cannot be set up: {error}");
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(ca) = &config.ca {
        builder = builder.certificate_store(CertificateStore::None);
        for authority in trust::authorities(ca)? {
            builder = builder.add_root_certificate(Certificate::from_der(authority.to_vec()).map_err(wrong)?);
        }
    }
    builder.build().map_err(wrong)
}

/// 4xx is temporary (RFC 5321, 4.2.1); 53x is about logging in (RFC 4954, 6); other 5xx are about this message.
fn classify(error: &lettre::transport::smtp::Error) -> Outcome {
    let message = explain(error);
    if let Some(advice) = trust::advice(error) {
        return Outcome::Held { message, advice };
    }
    match error.status().map(|code| code.to_string()) {
        Some(code) if matches!(code.as_str(), "530" | "534" | "535" | "538") => Outcome::Held {
            message,
            advice: Text::new(
                "请检查该通道的 username 和 password（许多邮箱要用授权码）",
                "check username and password of this channel (many providers want an app password)",
            ),
        },
        // What the server offers does not go with what is configured: no STARTTLS, no login.
        None if error.is_client() => Outcome::Held {
            message,
            advice: Text::new(
                "请核对该通道的 security、端口和 username：服务器不提供所需的功能（465 通常用 \"tls\"，587 用 \"starttls\"）",
                "compare security, port and username of this channel: the server does not offer what they need (465 is \
                 mostly \"tls\", 587 \"starttls\")",
            ),
        },
        _ if error.is_permanent() => Outcome::Refused { message },
        _ => Outcome::Failed { message },
    }
}

/// The error with its causes; some of them say themselves what caused them.
fn explain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.contains(&said) {
            text.push_str(&format!(": {said}"));
        }
        source = cause.source();
    }
    text
}

fn text_part(notice: &Notice, words: &Words, config: &Channel) -> String {
    let mut text = String::new();
    for block in words.blocks(notice, config.language) {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("{}\n", block.heading));
        for line in &block.lines {
            text.push_str(&format!("  {line}\n"));
        }
    }
    if let Some(link) = words.link(notice) {
        text.push_str(&format!("  {link}\n"));
    }
    text
}
