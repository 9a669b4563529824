//! `fanfare token inspect`: what a token says, and what a broker would make of it.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde_json::{Map, Value};
use tokio::runtime::LocalRuntime;

use super::say;
use crate::auth::{AuthSettings, Authority, Caller, read_unverified};
use crate::cli::files::{STDIN, read_text};
use crate::clock::{self, Now};
use crate::config::units::format_duration;
use crate::config::{Loaded, Overrides};
use crate::net::fetch_once;

/// Decodes a token, and says whether a broker would accept it and what it grants.
///
/// The broker is the one of `--config` (or `FANFARE_CONFIG`): without it the token is decoded and not verified.
/// Ends with status 1 if the token is not accepted.
#[allow(clippy::doc_markdown, reason = "these texts are shown on a terminal as they stand")]
#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    /// The token; `-` reads it from standard input
    #[arg(value_name = "JWT")]
    token: String,
    /// Settings file of the broker
    #[arg(long, value_name = "FILE", env = "FANFARE_CONFIG")]
    config: Option<PathBuf>,
}

pub(super) fn run(args: &InspectArgs) -> Result<bool, String> {
    let token = if args.token == STDIN { read_text(STDIN.as_ref())? } else { args.token.clone() };
    let (head, claims) =
        read_unverified(&token).ok_or("this is no JSON Web Token: three parts joined by dots")?;
    let mut text = format!("header  {head}\nclaims  {:#}\n", Value::Object(claims.clone()));
    let Some(file) = args.config.as_deref() else {
        text.push_str("\nNothing was verified: give --config to hear what a broker would make of it.\n");
        return say(&text).map(|()| true);
    };
    let (overrides, _) = Overrides::from_environment(std::env::vars_os());
    let loaded = Loaded::load(Some(file), &overrides).map_err(|faults| faults.to_string())?;
    let (now, settings) = (clock::read(), loaded.config.auth);
    let (leeway, unknown) = (settings.leeway, unknown_roles(&claims, &settings));
    let judged = judge(settings, &token, now)?;
    match &judged {
        Ok(caller) => {
            let left = caller.expires().map(|expires| left(expires.since(now.moment), leeway));
            describe(caller, &left.unwrap_or_else(|| "never expires".to_owned()), &mut text);
            for role in unknown {
                // Writing to a string can't fail.
                let _ = writeln!(
                    text,
                    "  The role {role:?} is none of this configuration ([auth.roles.…]): it grants nothing."
                );
            }
        }
        // Writing to a string can't fail.
        Err(reason) => drop(writeln!(text, "\nNot accepted: {reason}.")),
    }
    say(&text).map(|()| judged.is_ok())
}

/// What a broker with these settings makes of a token; key sets are fetched first.
fn judge(settings: AuthSettings, token: &str, now: Now) -> Result<Result<Caller, String>, String> {
    if !settings.is_on() {
        return Err(
            "this configuration has no [[auth.issuer]]: it takes everyone, whatever the token".to_owned()
        );
    }
    let authority = Authority::new(settings);
    let runtime = LocalRuntime::new().map_err(|error| error.to_string())?;
    for source in authority.sources().all() {
        let fetched = runtime.block_on(fetch_once(&source.url));
        authority
            .take_keys(&source.url, &Arc::new(fetched.map_err(|error| format!("{}: {error}", source.url))?));
    }
    Ok(authority.admit(Some(token), now).map_err(|refused| refused.rejection.to_string()))
}

/// The roles that a token names and a configuration does not.
fn unknown_roles(claims: &Map<String, Value>, settings: &AuthSettings) -> Vec<String> {
    let roles = claims.get("fanfare").and_then(|fanfare| fanfare.get("roles")).and_then(Value::as_array);
    let named = roles.into_iter().flatten().filter_map(Value::as_str);
    named.filter(|role| !settings.roles.contains_key(*role)).map(str::to_owned).collect()
}

/// How long a token has left, which a broker takes for the leeway longer.
fn left(accepted: Duration, leeway: Duration) -> String {
    let seconds = |time: Duration| format_duration(Duration::from_secs(time.as_secs()));
    match accepted.checked_sub(leeway) {
        Some(left) => format!("for {} more", seconds(left)),
        None => format!(
            "expired {} ago, and still taken because clocks may differ by {} (leeway)",
            seconds(leeway.saturating_sub(accepted)),
            seconds(leeway)
        ),
    }
}

fn describe(caller: &Caller, left: &str, text: &mut String) {
    let subject = caller.subject().unwrap_or("nobody by name");
    let _ = writeln!(text, "\nAccepted: {subject}, {left}.");
    for (right, patterns) in caller.grants() {
        let patterns = if patterns.is_empty() { "nothing".to_owned() } else { patterns.join(" ") };
        let _ = writeln!(text, "  {right:<10} {patterns}");
    }
    let admin = if caller.is_admin() { "yes: it sees and closes sessions, and revokes" } else { "no" };
    let _ = writeln!(text, "  {:<10} {admin}", "admin");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_the_tokens_own_without_the_leeway() {
        let of = |accepted, leeway| left(Duration::from_secs(accepted), Duration::from_secs(leeway));
        assert_eq!(of(70, 10), "for 1m more");
        assert_eq!(of(10, 10), "for 0s more");
        assert!(of(4, 10).starts_with("expired 6s ago, and still taken"));
    }
}
