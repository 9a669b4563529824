//! Values held against the types that others declare for them, by the TypeScript compiler: what is missing, of a wrong
//! kind, or unknown is a fault.

use std::os::unix::fs::symlink;

use fanfare_tests::files::Directory;
use tokio::process::Command;

use crate::tools::{Said, installed, run_command};

/// For types with enumerations: the same with the texts that JSON has for them.
const PLAIN: &str = "type Plain<T> = T extends string ? `${T}` : T extends (infer I)[] ? Plain<I>[]\n  \
                     : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;\n";

/// A program beside the modules that `./tests/run` installs.
pub(crate) struct Typed(Directory);

impl Typed {
    pub(crate) fn new(program: &str) -> Self {
        let files = Directory::new();
        symlink(installed("chart/node_modules"), files.path().join("node_modules")).unwrap();
        files.write("package.json", "{\"type\": \"module\"}");
        files.write("program.ts", PLAIN.to_owned() + program);
        Self(files)
    }

    /// What the compiler finds.
    pub(crate) async fn compile(&self) -> Said {
        const HOW: &str =
            "--strict --skipLibCheck --module esnext --moduleResolution bundler --target es2022";
        let mut compile = Command::new("node");
        compile.arg(installed("chart/node_modules/typescript/bin/tsc")).args(HOW.split(' '));
        compile.arg("program.ts").current_dir(self.0.path());
        run_command(compile).await
    }

    /// What it does, compiled.
    pub(crate) async fn run(&self) -> Said {
        let mut run = Command::new("node");
        run.arg("program.js").current_dir(self.0.path());
        run_command(run).await
    }
}
