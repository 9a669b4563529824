//! The example file and the reference page say what this build reads.

use super::*;

const EXAMPLE: &str = include_str!("../../../../deploy/config.example.toml");

#[test]
fn the_example_file_shows_every_default() {
    // Settings have no space after the `#`, remarks have one.
    let uncomment = |line| str::strip_prefix(line, "#").filter(|rest| !rest.starts_with(' ')).unwrap_or(line);
    // Who may enter has no default: everyone.
    let (before, auth) = EXAMPLE.split_once("#[auth]").unwrap();
    let text = before.lines().map(uncomment).collect::<Vec<_>>().join("\n");
    // Of the five sources of keys one is enough.
    let several = ["#secret", "#public_key_file", "#jwks_file"];
    let one = auth.lines().filter(|line| !several.iter().any(|other| line.starts_with(other)));
    let auth = parse(&format!("[auth]{}", one.map(uncomment).collect::<Vec<_>>().join("\n"))).unwrap().auth;
    assert_eq!((auth.issuers.len(), auth.roles.len(), auth.api_keys.len()), (1, 1, 1));
    let mut config = parse(&text).unwrap();
    let default = parse(EXAMPLE).unwrap();
    assert_eq!(default, Config::load(None, &Overrides::default()).unwrap());
    // The number of processors is not a matter of the file, and only an example shows the limit that is not there.
    config.shards = default.shards;
    assert_eq!(config.streams[0].max_messages_per_topic.take().map(u32::from), Some(100));
    // Nor do a data_dir, names and proxies.
    assert_eq!(std::mem::take(&mut config.names).hosts, ["push.example.com"]);
    assert_eq!(std::mem::take(&mut config.proxies).networks.len(), 1);
    assert!(config.tls.take().is_some_and(|tls| tls.client_ca.is_some()));
    assert!(config.internal_tls.take().is_some());
    assert_eq!(config.data_dir.take().as_deref(), Some(Path::new("/var/lib/fanfare")));
    // Nor is anything traced by default; what stands beside the endpoint is what is meant where nothing does.
    let tracing = parse("[tracing]\nendpoint = \"http://127.0.0.1:4318\"").unwrap().tracing;
    assert!(tracing.is_some());
    assert_eq!(config.tracing.take(), tracing);
    // Nor is presence kept by default; what stands beside its patterns is what is meant where nothing does.
    let presence = std::mem::take(&mut config.presence);
    assert_eq!(presence, parse("[[presence]]\npatterns = [\"rooms.>\"]").unwrap().presence);
    assert_eq!(config, default);
}

#[test]
fn the_example_file_and_the_reference_page_are_those_of_this_build() {
    let page = include_str!("../../../../deploy/CONFIGURATION.md");
    for (kept, made, file, flag) in [
        (EXAMPLE, example_file(), "config.example.toml", "--example"),
        (page, reference_page(), "CONFIGURATION.md", "--reference"),
    ] {
        assert_eq!(kept, made, "\nrun `cargo run -- check {flag} > deploy/{file}`");
    }
}

#[test]
fn the_reader_and_the_table_know_the_same_settings() {
    for section in SECTIONS {
        let header = section.header().unwrap_or_default();
        let faults = parse(&format!("{header}\nzzzzzzzzzzzzzzzzzzzzzz = 1")).unwrap_err();
        let known =
            faults.lines().find_map(|line| line.trim().strip_prefix("remove it; known here: ")).unwrap();
        let is_section = |name: &&str| {
            let within =
                if section.name.is_empty() { (*name).to_owned() } else { format!("{}.{name}", section.name) };
            SECTIONS.iter().any(|section| section.name == within)
        };
        let mut known: Vec<_> = known.split(", ").filter(|name| !is_section(name)).collect();
        let mut rows: Vec<_> = section.rows.iter().map(|row| row.key).collect();
        known.sort_unstable();
        rows.sort_unstable();
        assert_eq!(known, rows, "{header}");
    }
}
