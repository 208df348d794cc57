//! Who sits at the terminal: for the audit log, not for access.

/// The role under which the audit log names whoever uses the command line.
pub(super) const ROLE: &str = "cli";

/// Names of the environment, the person before the account that `sudo` gave.
const VARIABLES: [&str; 3] = ["SUDO_USER", "USER", "LOGNAME"];

/// The name in the environment; without one, as in a container or under cron, that of the system's user, or `uid 0`.
pub(super) fn user() -> String {
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let variable = |name: &str| std::env::var(name).ok();
    named(variable, &accounts, rustix::process::getuid().as_raw())
}

fn named(variable: impl Fn(&str) -> Option<String>, accounts: &str, uid: u32) -> String {
    let given = VARIABLES.into_iter().filter_map(variable).find(|name| !name.trim().is_empty());
    given.or_else(|| account(accounts, uid)).unwrap_or_else(|| format!("uid {uid}"))
}

/// The name of this user in the text of `/etc/passwd`: `name:password:uid:…`.
fn account(accounts: &str, uid: u32) -> Option<String> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::named;

    fn check(variables: &[(&str, &str)], uid: u32, expected: &str) {
        const ACCOUNTS: &str =
            "# comment\nroot:x:0:0:root:/root:/bin/sh\nhub:x:999:999::/var/lib/hub:\n::7:\n";
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        assert_eq!(named(variable, ACCOUNTS, uid), expected);
    }

    #[test]
    fn somebody_is_always_named() {
        check(&[("USER", "root"), ("SUDO_USER", "zhang")], 0, "zhang");
        check(&[("USER", ""), ("LOGNAME", "li")], 0, "li");
        check(&[], 0, "root");
        check(&[], 999, "hub");
        check(&[], 7, "uid 7");
        check(&[], 1000, "uid 1000");
    }
}
