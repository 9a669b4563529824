//! What variables and flags change.

use super::*;

/// What these variables and flags say.
fn overrides(variables: &[(&str, &str)], flags: &[(&'static str, &str)]) -> Overrides {
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
    let (mut overrides, unknown) = Overrides::from_environment(variables);
    assert_eq!(unknown, []);
    for (key, value) in flags {
        overrides.flag(Name::top(key), value);
    }
    overrides
}

#[test]
fn environment_goes_over_the_file_and_flags_over_the_environment() {
    let text =
        "listen = \"10.0.0.1:9\"\ninternal = \"bad\"\nshards = 0\nallow_anonymous = false\ndata_dir = \"\"";
    let variables = [
        ("FANFARE_LISTEN", "127.0.0.1:3"),
        ("FANFARE_INTERNAL", "127.0.0.1:2"),
        ("FANFARE_ALLOW_ANONYMOUS", "true"),
        ("FANFARE_DATA_DIR", "/variable"),
        ("FANFARE_LIMITS_HEARTBEAT", "7s"),
        ("FANFARE_LIMITS_MAX_CONNECTIONS", "1_000"),
    ];
    let mut overrides = overrides(&variables, &[("listen", "127.0.0.1:1"), ("shards", "5")]);
    overrides.set("limits.max_connections = 17").unwrap();
    let config = Config::parse(Path::new(FILE), text, &overrides).unwrap();
    assert_eq!((config.listen.port(), config.internal.port(), config.shards.get()), (1, 2, 5));
    assert!(config.allow_anonymous);
    assert_eq!(config.data_dir.as_deref(), Some(Path::new("/variable")));
    assert_eq!((config.limits.heartbeat, config.limits.max_connections), (Duration::from_secs(7), 17));
}

#[test]
fn an_empty_variable_says_nothing() {
    let config = Config::load(None, &overrides(&[("FANFARE_LISTEN", " "), ("FANFARE_SHARDS", "")], &[]));
    assert_eq!(config, Config::load(None, &Overrides::default()));
}

#[test]
fn a_faulty_flag_or_variable_is_named() {
    let variables = [("FANFARE_SHARDS", "many"), ("FANFARE_LIMITS_HEARTBEAT", "25")];
    let faults = Config::load(None, &overrides(&variables, &[("listen", "7440")])).unwrap_err().to_string();
    for fault in [
        "--listen: `listen` = \"7440\" is no IP address with a port\n    write it like \"127.0.0.1:7440\"",
        "FANFARE_SHARDS: `shards` takes a whole number from 0, not text\n    write FANFARE_SHARDS=2",
        "FANFARE_LIMITS_HEARTBEAT: `heartbeat` has no unit\n    write it like \"25s\"",
    ] {
        assert!(faults.contains(fault), "{fault}\nis not in\n{faults}");
    }
}

#[test]
fn a_file_that_is_not_toml_hides_no_fault_of_the_environment() {
    let overrides = overrides(&[("FANFARE_SHARDS", "0")], &[]);
    let faults = Config::parse(Path::new(FILE), "listen =", &overrides).unwrap_err().to_string();
    assert!(faults.contains("not TOML") && faults.contains("FANFARE_SHARDS: `shards` = 0"), "{faults}");
}

#[test]
fn a_variable_that_is_no_setting_is_told_with_the_one_that_is_meant() {
    let variables = ["FANFARE_LIMITS_HEARTBEET", "FANFARE_COLOUR", "FANFARE_TOKEN", "PATH"];
    let kubernetes = ["FANFARE_PORT", "FANFARE_SERVICE_HOST", "FANFARE_PORT_7440_TCP_ADDR"];
    let all = variables.iter().chain(&kubernetes).map(|name| (name.into(), "1".into()));
    let (overrides, unknown) = Overrides::from_environment(all);
    assert_eq!(overrides, Overrides::default());
    let told: Vec<_> = unknown.iter().map(|fault| format!("{}; {}", fault.what, fault.remedy)).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("the environment variable FANFARE_COLOUR is no setting; remove it"),
        "{told:?}"
    );
    assert!(told[1].ends_with("did you mean FANFARE_LIMITS_HEARTBEAT?"), "{told:?}");
}

#[test]
fn set_takes_any_single_setting_and_says_which_is_meant() {
    let mut overrides = Overrides::default();
    for (assignment, told) in [
        ("limits.heartbeat", "has no `=`; write it like --set limits.heartbeat=25s"),
        ("limits.hartbeat=5s", "there is no such setting; did you mean `limits.heartbeat`?"),
        ("stream.name=x", "there is no such setting; "),
    ] {
        let fault = overrides.set(assignment).unwrap_err();
        let shown = format!("{}; {}", fault.what, fault.remedy);
        assert!(shown.contains(told), "{shown}");
    }
    overrides.set("limits.heartbeat=0s").unwrap();
    let faults = Config::load(None, &overrides).unwrap_err().to_string();
    assert!(faults.starts_with("--set limits.heartbeat: `heartbeat` = \"0s\" is not between"), "{faults}");
}
