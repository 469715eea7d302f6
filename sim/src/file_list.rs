//! File lists (`.f`): the sources of a core, with the options that most tools share.
//!
//! Lists are read here and not by Verilator's `-f`, because they may name VHDL, because they contain options of other tools, and because an
//! error has to be reported with its line. Nothing is dropped silently: what is not understood is an error, and what has no meaning here is
//! reported in [`FileList::skipped`].

use std::{
    env, io,
    path::{Path, PathBuf},
};

use crate::SimError;

/// The contents of a list and of the lists that it includes, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileList {
    /// The source files.
    pub sources: Vec<PathBuf>,
    /// Files that are searched for modules that no other file defines: `-v`.
    pub libraries: Vec<PathBuf>,
    /// Directories that are searched for such modules, by a file of the module's name: `-y`.
    pub library_dirs: Vec<PathBuf>,
    /// The directories that `` `include `` searches.
    pub include_dirs: Vec<PathBuf>,
    /// Macros as `-DNAME=VALUE`, and other options that Verilator shares.
    pub arguments: Vec<String>,
    /// Options without a meaning here, each as a sentence with file and line.
    pub skipped: Vec<String>,
}

/// Beginnings of options that Verilator has too.
const SHARED: [&str; 7] =
    ["+libext+", "+systemverilogext+", "+verilog1995ext+", "+verilog2001ext+", "+1364-", "+1800-", "-W"];

/// Options of other tools that have no meaning here.
const MEANINGLESS: [&str; 13] = [
    "-sverilog",
    "-sv",
    "-sysv",
    "-full64",
    "-64",
    "-64bit",
    "-mixedsvvh",
    "-kdb",
    "-lca",
    "-q",
    "-quiet",
    "+v2k",
    "-v2k",
];

/// Beginnings of such options.
const MEANINGLESS_BEGINNINGS: [&str; 10] = [
    "-timescale=",
    "-override_timescale=",
    "+nospecify",
    "+notimingcheck",
    "-debug_",
    "+acc",
    "+lint=",
    "+warn=",
    "+ntb_",
    "-ntb_",
];

/// Such options that take the next word too. The top module is the one in the socket.
const MEANINGLESS_PAIRS: [&str; 8] =
    ["-timescale", "-l", "-work", "-access", "-top", "-top-module", "--top-module", "-s"];

impl FileList {
    /// Whether a path is the path of a file list.
    ///
    /// ```
    /// assert!(silicabac_sim::FileList::is_one("rtl/core.f".as_ref()));
    /// ```
    pub fn is_one(path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == "f")
    }

    /// Reads a list. Relative names are looked up in the current directory and then beside the list that contains them; in a list that is
    /// included by `-F`, only beside it. `text_of` reads a file.
    ///
    /// # Errors
    /// [`SimError::Read`] if the list cannot be read, [`SimError::List`] for errors in it.
    pub fn read(
        path: &Path,
        text_of: &mut dyn FnMut(&Path) -> io::Result<String>,
    ) -> Result<FileList, SimError> {
        let mut reader = Reader { text_of, open: Vec::new(), found: FileList::default() };
        reader.list(path, false)?;
        Ok(reader.found)
    }
}

struct Reader<'a> {
    text_of: &'a mut dyn FnMut(&Path) -> io::Result<String>,
    /// The lists that are being read, each included by the one before it.
    open: Vec<PathBuf>,
    found: FileList,
}

/// The place of a word, and the directories in which its names are looked up.
struct Place<'a> {
    list: &'a Path,
    line: usize,
    only_beside: bool,
}

impl Place<'_> {
    fn wrong(&self, what: impl Into<String>) -> SimError {
        SimError::List { path: self.list.to_owned(), line: self.line, what: what.into() }
    }

    fn locate(&self, name: &str) -> Result<PathBuf, SimError> {
        let beside = self.list.parent().unwrap_or(Path::new("")).join(name);
        let places = if self.only_beside { vec![beside] } else { vec![PathBuf::from(name), beside] };
        let there = places.iter().find(|path| path.exists());
        there.cloned().ok_or_else(|| {
            let looked: Vec<_> = places.iter().map(|path| path.display().to_string()).collect();
            self.wrong(format!("there is no {}", looked.join(", nor ")))
        })
    }
}

impl Reader<'_> {
    fn list(&mut self, path: &Path, only_beside: bool) -> Result<(), SimError> {
        let text = (self.text_of)(path).map_err(|source| SimError::Read { path: path.to_owned(), source })?;
        self.open.push(same_for_all_names(path));
        let words = words(&text).and_then(|words| {
            let expanded =
                words.into_iter().map(|(line, word)| Ok((line, expand(&word).map_err(|what| (line, what))?)));
            expanded.collect::<Result<Vec<_>, _>>()
        });
        let words = words.map_err(|(line, what)| Place { list: path, line, only_beside }.wrong(what))?;
        let mut words = words.into_iter();
        while let Some((line, word)) = words.next() {
            let place = Place { list: path, line, only_beside };
            self.word(&place, &word, &mut || words.next().map(|(_, word)| word))?;
        }
        self.open.pop();
        Ok(())
    }

    /// Handles a word. `next` is the word after it, if it takes one.
    fn word(
        &mut self,
        place: &Place<'_>,
        word: &str,
        next: &mut dyn FnMut() -> Option<String>,
    ) -> Result<(), SimError> {
        let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| word.starts_with(beginning));
        let mut argument = || next().ok_or_else(|| place.wrong(format!("nothing follows {word}")));
        let parts = |list: &str| {
            list.split('+').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        match word {
            "-f" | "-F" => return self.include(place, &argument()?, word == "-F"),
            "-v" => self.found.libraries.push(place.locate(&argument()?)?),
            "-y" => self.found.library_dirs.push(place.locate(&argument()?)?),
            "-I" | "-incdir" => self.found.include_dirs.push(place.locate(&argument()?)?),
            "-D" | "-define" => self.found.arguments.push(format!("-D{}", argument()?)),
            _ if MEANINGLESS_PAIRS.contains(&word) => {
                let argument = argument()?;
                self.skip(place, &format!("{word} {argument}"));
            }
            _ if MEANINGLESS.contains(&word) || begins(&MEANINGLESS_BEGINNINGS) => self.skip(place, word),
            _ if begins(&SHARED) => self.found.arguments.push(word.to_owned()),
            _ => {
                if let Some(dirs) = word.strip_prefix("+incdir+") {
                    for dir in parts(dirs) {
                        self.found.include_dirs.push(place.locate(&dir)?);
                    }
                } else if let Some(macros) = word.strip_prefix("+define+") {
                    self.found.arguments.extend(parts(macros).iter().map(|one| format!("-D{one}")));
                } else if let Some(dir) = word.strip_prefix("-I") {
                    self.found.include_dirs.push(place.locate(dir)?);
                } else if word.starts_with("-D") || word.starts_with("-G") {
                    self.found.arguments.push(word.to_owned());
                } else if let Some(dir) = word.strip_prefix("-y") {
                    self.found.library_dirs.push(place.locate(dir)?);
                } else if word.starts_with(['-', '+']) {
                    return Err(place.wrong(format!(
                        "{word} is no option that is known here; take it out, or give it with --verilator-arg"
                    )));
                } else if FileList::is_one(Path::new(word)) {
                    return self.include(place, word, false);
                } else {
                    self.found.sources.push(place.locate(word)?);
                }
            }
        }
        Ok(())
    }

    fn include(&mut self, place: &Place<'_>, name: &str, only_beside: bool) -> Result<(), SimError> {
        let path = place.locate(name)?;
        if self.open.contains(&same_for_all_names(&path)) {
            return Err(place.wrong(format!("{} includes itself", path.display())));
        }
        self.list(&path, only_beside)
    }

    fn skip(&mut self, place: &Place<'_>, what: &str) {
        let (list, line) = (place.list.display(), place.line);
        self.found.skipped.push(format!("{list}:{line}: {what} means nothing here, and is skipped"));
    }
}

/// A canonical path, the same for all names of a file.
fn same_for_all_names(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// A word with its line, variables not yet replaced; or a line with an error message.
type Word = (usize, String);

/// The words of a list. `//`, `/*` and `#` begin a comment only where a word could begin: `$DIR//a.v` is a path.
fn words(text: &str) -> Result<Vec<Word>, Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut line = 1;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if first.is_whitespace() {
            first.len_utf8()
        } else if rest.starts_with("//") || first == '#' {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("\\\n") || rest.starts_with("\\\r\n") {
            1
        } else if let Some(comment) = rest.strip_prefix("/*") {
            let end = comment.find("*/").ok_or_else(|| (line, "this comment has no end".to_owned()))?;
            end + 4
        } else {
            let (word, length) = word(rest).map_err(|what| (line, what))?;
            words.push((line, word));
            length
        };
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    Ok(words)
}

/// The first word of a text without its quotes, and the number of bytes that it takes.
fn word(text: &str) -> Result<(String, usize), String> {
    let (mut word, mut quoted) = (String::new(), false);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            '\\' => match chars.peek() {
                // A line break inside a word ends it.
                Some((_, '\n' | '\r')) | None => return Ok((word, at)),
                Some(&(_, escaped)) => {
                    word.push(escaped);
                    chars.next();
                }
            },
            '\n' if quoted => break,
            _ if c.is_whitespace() && !quoted => return Ok((word, at)),
            _ => word.push(c),
        }
    }
    if quoted { Err("this line has a quote that does not end".into()) } else { Ok((word, text.len())) }
}

/// Replaces `$NAME`, `${NAME}` and `$(NAME)` by the values of environment variables.
fn expand(word: &str) -> Result<String, String> {
    let mut expanded = String::new();
    let mut rest = word;
    while let Some(at) = rest.find('$') {
        expanded += &rest[..at];
        let reference = &rest[at + 1..];
        let bare =
            reference.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(reference.len());
        let bracketed = [("{", '}'), ("(", ')')].into_iter().find_map(|(open, close)| {
            let inner = reference.strip_prefix(open)?;
            let end = inner.find(close)?;
            Some((&inner[..end], &inner[end + 1..]))
        });
        let (name, after) = bracketed.unwrap_or(reference.split_at(bare));
        if name.is_empty() {
            return Err(format!("no name follows the $ in {word}"));
        }
        expanded +=
            &env::var(name).map_err(|_| format!("the environment has no variable {name} ({word})"))?;
        rest = after;
    }
    Ok(expanded + rest)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(path: &Path) -> Result<FileList, SimError> {
        FileList::read(path, &mut |path| fs::read_to_string(path))
    }

    /// A directory with these files, the first of which is read as a list.
    fn list(files: &[(&str, &str)]) -> (tempfile::TempDir, Result<FileList, SimError>) {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let read = read(&dir.path().join(files[0].0));
        (dir, read)
    }

    #[test]
    fn everything_comes_in_order_and_nothing_from_comments() {
        let (dir, found) = list(&[
            (
                "a.f",
                "// one.v\n# two.v\n/* three.v\n */ b.v +incdir+inc+more -I inc -Imore\n\
                 +define+A=1+B -D C=2 -DW=8'd3 +define+S=\\\"x\\\" +libext+.v+.sv -Wno-WIDTH\n\
                 -y inc -v c.v \\\n \"with space.v\" ${CARGO_PKG_NAME}.v $CARGO_PKG_NAME.v $(CARGO_PKG_NAME).v b.v -f sub/n.f",
            ),
            ("b.v", ""),
            ("c.v", ""),
            ("with space.v", ""),
            ("silicabac-sim.v", ""),
            ("inc/x.vh", ""),
            ("more/x.vh", ""),
            ("sub/n.f", "n.vhd"),
            ("sub/n.vhd", ""),
        ]);
        // Names that do not exist in the current directory are looked up beside the list; `sub/n.f` is too, and the names in it beside it.
        let found = found.unwrap();
        let at = |names: &[&str]| names.iter().map(|name| dir.path().join(name)).collect::<Vec<_>>();
        let own = "silicabac-sim.v";
        assert_eq!(found.sources, at(&["b.v", "with space.v", own, own, own, "b.v", "sub/n.vhd"]));
        assert_eq!((found.libraries, found.library_dirs), (at(&["c.v"]), at(&["inc"])));
        assert_eq!(found.include_dirs, at(&["inc", "more", "inc", "more"]));
        let arguments = ["-DA=1", "-DB", "-DC=2", "-DW=8'd3", "-DS=\"x\"", "+libext+.v+.sv", "-Wno-WIDTH"];
        assert_eq!(found.arguments, arguments);
        assert_eq!(found.skipped, [""; 0]);
    }

    #[test]
    fn where_the_process_runs_comes_first_but_in_a_list_by_capital_f() {
        // The tests of a crate run in its directory, which has a `Cargo.toml`.
        let (dir, found) = list(&[("a.f", "Cargo.toml -F b.f"), ("b.f", "Cargo.toml"), ("Cargo.toml", "")]);
        assert_eq!(found.unwrap().sources, [PathBuf::from("Cargo.toml"), dir.path().join("Cargo.toml")]);
    }

    #[test]
    fn what_is_for_other_tools_is_skipped_and_told() {
        let (dir, found) = list(&[("a.f", "-full64\n-timescale 1ns/1ps\n+nospecify -timescale=1ns/1ps")]);
        let found = found.unwrap();
        let told = |line: usize, what: &str| {
            format!("{}:{line}: {what} means nothing here, and is skipped", dir.path().join("a.f").display())
        };
        let all = [(1, "-full64"), (2, "-timescale 1ns/1ps"), (3, "+nospecify"), (3, "-timescale=1ns/1ps")];
        assert_eq!(found.skipped, all.map(|(line, what)| told(line, what)));
        assert_eq!(found, FileList { skipped: found.skipped.clone(), ..FileList::default() });
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, line, what) in [
            ("\n\n-zzz", 3, "-zzz is no option that is known here"),
            ("\nnone.v", 2, "there is no none.v, nor "),
            ("+incdir+none", 1, "there is no none, nor "),
            ("-f", 1, "nothing follows -f"),
            ("/*\n*/ /* \n", 2, "this comment has no end"),
            ("\n\"a.v\n", 2, "a quote that does not end"),
            ("$NO_SUCH_VARIABLE_HERE/a.v", 1, "the environment has no variable NO_SUCH_VARIABLE_HERE"),
            ("a$.v", 1, "no name follows the $"),
            ("\n-f a.f", 2, "includes itself"),
            ("\n-F ./a.f", 2, "includes itself"),
        ] {
            let (dir, found) = list(&[("a.f", text)]);
            let error = found.unwrap_err().to_string();
            let place = format!("{}:{line}: ", dir.path().join("a.f").display());
            assert!(error.starts_with(&place) && error.contains(what), "{text:?}: {error}");
        }
        assert!(matches!(read(Path::new("none.f")), Err(SimError::Read { .. })));
    }
}
