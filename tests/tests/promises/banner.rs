//! What a broker says at its start: on a terminal, commands that work as they stand; elsewhere a line in its log.

use std::process::Stdio;

use fanfare_tests::files::Directory;
use fanfare_tests::{Broker, binary, command, within};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const SECRET: &str = "a secret of at least thirty-two bytes";

/// A certificate that signed itself, and its key, as files.
fn self_signed(files: &Directory, is_ca: IsCa) -> String {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.is_ca = is_ca;
    let key = KeyPair::generate().unwrap();
    let cert = files.write("cert.pem", params.self_signed(&key).unwrap().pem());
    let key = files.write("key.pem", key.serialize_pem());
    format!("[tls]\ncert = \"{}\"\nkey = \"{}\"\n", cert.display(), key.display())
}

/// A broker with this configuration on a terminal, and what it says there.
async fn banner(files: &Directory, config: &str) -> (Child, String) {
    let config = files.write("fanfare.toml", config);
    let serve = format!(
        "exec {} serve --listen 127.0.0.1:0 --internal 127.0.0.1:0 --config {} 2>/dev/null",
        binary().display(),
        config.display()
    );
    // It has a terminal of its own there.
    let mut terminal = Command::new("script");
    terminal.args(["--quiet", "--flush", "--command", &serve, "/dev/null"]).kill_on_drop(true);
    let mut child = terminal.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = String::new();
    let read = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            let line = line.trim_end();
            said.push_str(line);
            said.push('\n');
            if line.starts_with("Ctrl-C") {
                break;
            }
        }
    };
    within("the banner", read).await;
    (child, said)
}

/// Runs a command of the banner as a person would paste it.
async fn paste(banner: &str, verb: &str, token: &str) -> std::process::Output {
    let line = banner.lines().find(|line| line.contains(&format!(" {verb} "))).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", line.trim()]).env("FANFARE_TOKEN", token);
    within("the command to end", shell.kill_on_drop(true).output()).await.unwrap()
}

#[tokio::test]
async fn the_commands_come_in_by_tls_and_with_a_token() {
    let files = Directory::new();
    let tls = self_signed(&files, IsCa::ExplicitNoCa);
    let config = format!("[[auth.issuer]]\nsecret = \"{SECRET}\"\n{tls}");
    let (broker, said) = banner(&files, &config).await;
    let mut make = command();
    make.args(["token", "make", "--secret", SECRET, "--sub", "me", "--publish", ">"]);
    let token = within("a token", make.output()).await.unwrap().stdout;
    let token = String::from_utf8(token).unwrap();
    let published = paste(&said, "pub", token.trim()).await;
    assert!(published.status.success(), "{said}\n{published:?}");
    drop(broker);
}

#[tokio::test]
async fn a_certificate_that_says_it_is_an_authoritys_is_refused_with_what_to_do() {
    let files = Directory::new();
    let tls = self_signed(&files, IsCa::Ca(BasicConstraints::Unconstrained));
    let (broker, said) = banner(&files, &tls).await;
    let refused = paste(&said, "pub", "").await;
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success());
    assert!(told.contains("-addext basicConstraints=critical,CA:FALSE"), "{told}");
    drop(broker);
}

#[tokio::test]
async fn without_a_terminal_a_line_of_the_log_says_what_has_started_and_nothing_else_is_printed() {
    let config = format!("shards = 1\n[[auth.issuer]]\nsecret = \"{SECRET}\"");
    let broker = Broker::with(&config).await;
    let log = broker.log();
    let line = log.lines().find(|line| line.contains("the broker has started")).unwrap();
    let told: Value = serde_json::from_str(line).unwrap();
    assert_eq!(
        (&told["client"], &told["internal"]),
        (&broker.url().into(), &format!("http://{}/", broker.internal()).into()),
        "{told:#}"
    );
    assert_eq!(
        (&told["streams"], &told["shards"], &told["authentication"]),
        (&"recent".into(), &1.into(), &"on".into())
    );
    for name in ["version", "revision"] {
        assert!(told[name].as_str().is_some_and(|text| !text.is_empty()), "{told:#}");
    }
    assert!(log.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{log}");
}
