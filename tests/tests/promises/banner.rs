//! What a broker says at its start: the commands that it proposes work as they stand.

use std::process::Stdio;

use fanfare_tests::files::Directory;
use fanfare_tests::{command, within};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};
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

/// A broker with this configuration, and what it says.
async fn banner(files: &Directory, config: &str) -> (Child, String) {
    let config = files.write("fanfare.toml", config);
    let mut serve = command();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--internal", "127.0.0.1:0", "--config"]).arg(config);
    let mut child = serve.stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = String::new();
    let read = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            said.push_str(&line);
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
    shell.args(["-c", line.trim_end_matches("publish to one").trim()]).env("TOKEN", token);
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
