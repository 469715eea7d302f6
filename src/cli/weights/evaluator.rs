//! What an evaluator depends on: its command, and the files that the command names, such as a script and its test data.
//!
//! A file that changes while the evaluator runs is its output, and does not count.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use silicabac::files;

/// The files that a command names, each with a digest.
pub(super) struct Named(BTreeMap<PathBuf, String>);

impl Named {
    /// The files that exist now.
    ///
    /// # Errors
    /// The file that cannot be read, and why.
    pub(super) fn of(command: &str) -> Result<Named, (PathBuf, io::Error)> {
        let words = command.split(|letter: char| letter.is_whitespace() || "'\"=;|&<>()`$".contains(letter));
        let paths = words.map(Path::new).filter(|path| fs::metadata(path).is_ok_and(|found| found.is_file()));
        let read =
            |path: &Path| Ok((path.to_owned(), digest(path).map_err(|error| (path.to_owned(), error))?));
        Ok(Named(paths.map(read).collect::<Result<_, _>>()?))
    }

    /// The files that have not changed since, as text.
    pub(super) fn unchanged(mut self, later: &Named) -> String {
        self.0.retain(|path, digest| later.0.get(path) == Some(digest));
        self.0.iter().map(|(path, digest)| format!("{} {digest}\n", path.display())).collect()
    }
}

fn digest(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut file = files::open(path)?;
    let mut block = vec![0; 1 << 16];
    loop {
        match io::Read::read(&mut file, &mut block)? {
            0 => break,
            read => hash.update(&block[..read]),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
