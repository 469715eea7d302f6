//! Programs: where one is, and what it printed.

use std::{
    env, io,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The file that the shell would run for `name`: a name is looked up on the PATH, a path is made absolute.
///
/// ```
/// use std::path::Path;
/// assert!(silicabac_sim::on_path(Path::new("sh")).is_some());
/// assert_eq!(silicabac_sim::on_path(Path::new("/no/such/program")), None);
/// ```
pub fn on_path(name: &Path) -> Option<PathBuf> {
    if name.components().count() > 1 {
        // Links are not resolved: some programs look at the name by which they are called.
        return name.is_file().then(|| std::path::absolute(name).ok()).flatten();
    }
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(name)).find(|path| path.is_file())
}

pub(crate) fn run(command: &mut Command) -> io::Result<Output> {
    command.output()
}

pub(crate) fn succeeded(result: &io::Result<Output>) -> bool {
    result.as_ref().is_ok_and(|output| output.status.success())
}

pub(crate) fn first_line(result: &io::Result<Output>) -> String {
    let text =
        result.as_ref().map_or_else(ToString::to_string, |out| String::from_utf8_lossy(&out.stdout).into());
    text.lines().next().unwrap_or_default().trim().to_owned()
}

/// The last line that a failed program printed, where Python gives the reason.
pub(crate) fn last_line(result: &io::Result<Output>) -> String {
    let said = said(result);
    said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing").trim().to_owned()
}

/// Everything that a program printed, or why it could not be started.
pub(crate) fn said(result: &io::Result<Output>) -> String {
    match result {
        Err(error) => error.to_string(),
        Ok(output) => String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into(),
    }
}
