//! What a release brings along: its version and revision, the manual, and completions.

use std::process::Command;

use fanfare_tests::files::Directory;
use fanfare_tests::{Broker, command, within};

async fn output(arguments: &[&str]) -> String {
    let output = within("the command to end", command().args(arguments).output()).await.unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Every command that help lists.
async fn commands() -> Vec<String> {
    let help = output(&["help"]).await;
    let listed =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = listed.filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[tokio::test]
async fn the_version_names_the_revision_that_metrics_tell_too() {
    let version = output(&["--version"]).await;
    let broker = Broker::start().await;
    let page = fanfare_tests::http::get(broker.internal(), "/metrics").await.body;
    let line = page.lines().find(|line| line.starts_with("fanfare_build_info{")).unwrap();
    let revision = line.split("revision=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert_eq!(version.trim_end(), format!("fanfare {} (revision {revision})", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn there_is_a_manual_page_for_every_command() {
    let files = Directory::new();
    let man = files.path().join("man1");
    output(&["man", man.to_str().unwrap()]).await;
    for command in commands().await.iter().filter(|command| *command != "help") {
        let page = std::fs::read_to_string(man.join(format!("fanfare-{command}.1"))).unwrap();
        assert!(page.contains(".TH") && page.contains(".SH SYNOPSIS"), "{command}: {page}");
    }
    let first = output(&["man"]).await;
    assert!(first.contains(".SH SUBCOMMANDS") && first.contains("fanfare\\-bench(1)"), "{first}");
}

#[tokio::test]
async fn bash_completes_commands_and_flags() {
    let files = Directory::new();
    let script = files.write("fanfare.bash", &output(&["completions", "bash"]).await);
    let complete = |words: &str, at: usize| {
        let program = format!(
            "source {}; COMP_WORDS=({words}); COMP_CWORD={at}; _fanfare fanfare \"${{COMP_WORDS[{at}]}}\" x; \
             echo \"${{COMPREPLY[@]}}\"",
            script.display()
        );
        let output = Command::new("bash").args(["--norc", "-c", &program]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(complete("fanfare su", 1).trim(), "sub");
    assert!(complete("fanfare bench --conn", 2).contains("--connections"));
}

#[tokio::test]
async fn every_shell_that_is_offered_has_its_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = output(&["completions", shell]).await;
        for command in commands().await {
            assert!(script.contains(&command), "{shell} does not know {command}");
        }
    }
}
