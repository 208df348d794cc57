//! What can be done.

use super::Entry;
use super::operation::Operation;
use super::shapes::{path, reference};
use serde_json::json;

pub fn all() -> Vec<Entry> {
    vec![
        post(
            "/api/v1/stations",
            Operation::writes(
                "Register a station; its token is shown this once. With `claim` a claim code too, as that of a day",
                "admin",
            )
            .takes("NewStation")
            .answers_json("201", json!({ "oneOf": [reference("StationToken"), reference("ClaimableStation")] }))
                .fails(&["409"]),
        ),
        remove(
            "/api/v1/stations/{id}",
            Operation::writes("Forget a station: it can log in no more, its data stays", "admin")
                .answers_nothing()
                .parameters(&[path("id")])
                .fails(&["404"]),
        ),
        patch(
            "/api/v1/stations/{id}/registration",
            Operation::writes(
                "Change members of a station's registration: one that is absent stays, null clears it. At once in force; \
                 the audit log names the members, not their values",
                "admin",
            )
            .takes("RegistrationEdit")
            .answers_json("200", reference("Registration"))
            .parameters(&[path("id")])
            .fails(&["404"]),
        ),
        post(
            "/api/v1/stations/{id}/token",
            Operation::writes(
                "Give a station a new token, shown this once; the old one ends. With `online` the station is sent it over \
                 its own connection, if that is private, and the old one ends with its first login",
                "admin",
            )
                .may_take("TokenWay")
                .answers_json("200", json!({ "oneOf": [reference("StationToken"), reference("RotationAsked")] }))
                .parameters(&[path("id")])
                .fails(&["404"]),
        ),
        post(
            "/api/v1/stations/{id}/claim",
            Operation::writes(
                "Make a claim code for a station, shown this once; its token stays good until the code is used",
                "admin",
            )
            .may_take("NewClaim")
            .answers_json("201", reference("Claim"))
            .parameters(&[path("id")])
            .fails(&["404"]),
        ),
        post(
            "/claim",
            Operation::open("Trade a claim code for the station's token, once; guesses are bounded")
                .takes("Claiming")
                .answers_json("200", reference("Claimed"))
                .fails(&["400", "404", "429", "503"]),
        ),
        put(
            "/api/v1/stations/{id}/configuration",
            Operation::writes(
                "Set what a station reports, over its own configuration and in place of what was set before; sent now, \
                 or when it connects",
                "admin",
            )
            .takes("Reporting")
            .answers_json("200", reference("StationConfiguration"))
            .parameters(&[path("id")])
            .fails(&["404"]),
        ),
        post(
            "/api/v1/stations/{id}/commands",
            Operation::writes(
                "Send a command to a station that is connected now; at most once, never queued (409 otherwise)",
                "operator",
            )
            .takes("NewCommand")
            .answers_json("202", reference("Command"))
            .parameters(&[path("id")])
            .fails(&["404", "409"]),
        ),
        post(
            "/api/v1/stations/{id}/commands/{command}/confirm",
            Operation::writes(
                "Agree to an unlock that somebody else asked for, where two persons are needed; it is sent then",
                "operator",
            )
            .answers_json("202", reference("Command"))
            .parameters(&[path("id"), path("command")])
            .fails(&["404", "409"]),
        ),
        post(
            "/api/v1/tokens",
            Operation::writes("Make a token for a person or a program; it is shown this once", "admin")
                .takes("NewToken")
                .answers_json("201", reference("Token"))
                .fails(&["409"]),
        ),
        remove(
            "/api/v1/tokens/{name}",
            Operation::writes("Withdraw a token", "admin")
                .answers_nothing()
                .parameters(&[path("name")])
                .fails(&["404"]),
        ),
        post(
            "/api/v1/alerts/{id}/acknowledge",
            Operation::writes("I have seen it: no repeats, no escalation; the first one stands", "operator")
                .may_take("Acknowledging")
                .answers_json("200", reference("Alert"))
                .parameters(&[path("id")])
                .fails(&["404"]),
        ),
        post(
            "/api/v1/silences",
            Operation::writes("Tell nobody of alerts that meet every matcher, for a while", "operator")
                .takes("NewSilence")
                .answers_json("201", reference("Silence"))
                .fails(&["404"]),
        ),
        remove(
            "/api/v1/silences/{id}",
            Operation::writes("End a silence now", "operator")
                .answers_nothing()
                .parameters(&[path("id")])
                .fails(&["404"]),
        ),
        post(
            "/api/v1/maintenance",
            Operation::writes("Plan work at a station or in a district", "operator")
                .takes("NewMaintenance")
                .answers_json("201", reference("Maintenance"))
                .fails(&["404"]),
        ),
        remove(
            "/api/v1/maintenance/{id}",
            Operation::writes("End a maintenance window now", "operator")
                .answers_nothing()
                .parameters(&[path("id")])
                .fails(&["404"]),
        ),
    ]
}

pub fn post(path: &str, operation: Operation) -> Entry {
    (path.to_owned(), "post", operation)
}

fn put(path: &str, operation: Operation) -> Entry {
    (path.to_owned(), "put", operation)
}

fn patch(path: &str, operation: Operation) -> Entry {
    (path.to_owned(), "patch", operation)
}

pub fn remove(path: &str, operation: Operation) -> Entry {
    (path.to_owned(), "delete", operation)
}
