//! Mail, over a real socket to a server of a few lines.

use base64::Engine;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::{NOW, alert, notice, words};
use crate::config::{Channel, ChannelKind, MailSecurity};
use crate::notify::Outcome;
use crate::notify::channels::Sender;
use crate::notify::notice::Event;

/// Takes one session; gives the receivers and the message. `refuses`: the answer to RCPT.
async fn session(listener: TcpListener, refuses: Option<&'static str>) -> (Vec<String>, String) {
    let (stream, _) = listener.accept().await.unwrap();
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let (mut receivers, mut message, mut in_message) = (Vec::new(), String::new(), false);
    write.write_all(b"220 sink\r\n").await.unwrap();
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = match line.split([' ', ':']).next().unwrap_or("") {
            _ if in_message && line == "." => {
                in_message = false;
                "250 taken"
            }
            _ if in_message => {
                message.push_str(&line);
                message.push('\n');
                continue;
            }
            "RCPT" => {
                receivers.push(line["RCPT TO:".len()..].to_owned());
                refuses.unwrap_or("250 ok")
            }
            "DATA" => {
                in_message = true;
                "354 go on"
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
        if line == "QUIT" {
            break;
        }
    }
    (receivers, message)
}

async fn send(refuses: Option<&'static str>) -> (Outcome, Vec<String>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = Channel {
        kind: Some(ChannelKind::Email),
        server: listener.local_addr().unwrap().to_string(),
        security: MailSecurity::None,
        from: "Waystation <hub@example.com>".into(),
        to: vec!["a@example.com".into(), "b@example.com".into()],
        ..Channel::default()
    };
    let sink = tokio::spawn(session(listener, refuses));
    let sender = Sender::new("mail", &config).unwrap();
    let outcome = sender.send(&[notice(Event::Firing, alert("a1"))], &words(), NOW).await;
    drop(sender);
    let (receivers, message) = sink.await.unwrap();
    (outcome, receivers, message)
}

#[tokio::test]
async fn a_message_has_a_subject_and_a_body_in_utf_8() {
    let (outcome, receivers, message) = send(None).await;
    assert_eq!(outcome, Outcome::Delivered);
    assert_eq!(receivers, ["<a@example.com>", "<b@example.com>"]);
    let (head, body) = message.split_once("\n\n").unwrap();
    assert!(head.contains("Subject: =?utf-8?b?"), "{head}");
    assert!(head.contains("Content-Transfer-Encoding: base64"), "{head}");
    let body: String = body.split_whitespace().collect();
    let text = base64::engine::general_purpose::STANDARD.decode(body).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("【严重】清源驿站") && text.contains("处置："), "{text}");
}

#[tokio::test]
async fn a_refusal_is_about_this_message_and_a_4xx_is_not() {
    assert_eq!(send(Some("550 no such user")).await.0.result(), "refused");
    assert_eq!(send(Some("451 greylisted")).await.0.result(), "failed");
    assert_eq!(send(Some("535 bad credentials")).await.0.result(), "held");
}
