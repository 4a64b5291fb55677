//! A disk of a few megabytes that one program has for itself, and that a test can fill.
//!
//! It is a `tmpfs` in a mount namespace of the program: nobody else sees it, and it goes with the program. Where the
//! system lets us make none, a test about it fails: `scripts/test` asks first, and says that it leaves
//! them out.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// How large such a disk is.
const SIZE: &str = "16m";

/// As root, and as somebody else where the system allows user namespaces.
const WAYS: [&[&str]; 2] = [&["--mount"], &["--user", "--map-root-user", "--mount"]];

/// A program that sees a small disk in the place of this folder; its arguments are still to be given.
pub fn command(program: &str, folder: &Path) -> Command {
    command_by(way().expect("a system that lets us mount"), program, folder)
}

fn way() -> Option<&'static [&'static str]> {
    let folder = TempDir::new().expect("a folder to try it");
    let works = |way: &&[&str]| {
        let mut command = command_by(way, "true", folder.path());
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    WAYS.into_iter().find(works)
}

fn command_by(way: &[&str], program: &str, folder: &Path) -> Command {
    let mount = format!("mkdir -p \"$0\" && mount -t tmpfs -o size={SIZE} none \"$0\" && exec \"$@\"");
    let mut command = Command::new("unshare");
    command.args(way).args(["--", "sh", "-c", &mount]).arg(folder).arg(program);
    command
}

/// Fills the small disk that this process sees in this folder, and answers the file to remove.
pub fn fill(pid: u32, folder: &Path) -> PathBuf {
    let seen = PathBuf::from(format!("/proc/{pid}/root")).join(folder.strip_prefix("/").expect("an absolute path"));
    let path = seen.join("filler");
    let mut file = File::options().create(true).append(true).open(&path).expect("a file on the small disk");
    for size in [64 * 1024, 512] {
        while file.write_all(&vec![b'x'; size]).is_ok() {}
    }
    path
}
