//! Wrong designs: versions of any core with a fault that a designer could have made, given as edits of its sources. A mutant of a netlist
//! differs in a bit; a wrong design has a mistaken idea, so whether the vectors find it says more about them.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use silicabac_sim::{Cache, SimError, Tools};

use crate::cosim::{Class, Model, Source, clocks, play_all};
use crate::files;
use crate::vectors::Vector;

/// Why wrong designs cannot be judged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DesignError {
    /// A file cannot be read, or an edited one cannot be written.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The list is invalid.
    #[error("{}: {what}", .path.display())]
    List {
        /// The list.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// An edit cannot be made.
    #[error("fault {fault}: {what} in {file}", file = .file.display())]
    Edit {
        /// The fault.
        fault: String,
        /// What is wrong with the edit.
        what: String,
        /// The file that it edits.
        file: PathBuf,
    },
    /// Verilator or the compiler fails on a core with a fault.
    #[error("fault {fault}: {source}")]
    Build {
        /// The fault.
        fault: String,
        /// Why it cannot be built.
        source: SimError,
    },
    /// The core fails without a fault, so that its failures say nothing about a fault.
    #[error("the core without a fault fails in class {class}, {way}: {what}")]
    NotClean {
        /// The class.
        class: String,
        /// How it was played.
        way: &'static str,
        /// What is wrong.
        what: String,
    },
}

/// A list of faults of a core, from a TOML file.
///
/// ```
/// use silicabac::mutation::Designs;
/// let dir = tempfile::tempdir()?;
/// let path = dir.path().join("faults.toml");
/// let text = "core = 'core.toml'\n[[fault]]\nname = 'late'\nkind = 'wait'\n\
///             [[fault.edit]]\nfile = 'a.v'\nfrom = 'x'\nto = 'y'\n";
/// std::fs::write(&path, text)?;
/// let designs = Designs::read(&path)?;
/// assert_eq!(designs.faults[0].name, "late");
/// assert_eq!(designs.core, dir.path().join("core.toml"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Designs {
    /// The file that describes the core, as `cosim --core` takes it.
    pub core: PathBuf,
    /// Its faults, which are applied one at a time.
    pub faults: Vec<Design>,
}

/// A core with a fault.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// The name of the fault.
    pub name: String,
    /// The kind of fault.
    pub kind: String,
    /// Why it is right all the same, if it is.
    #[serde(default)]
    pub equal: Option<String>,
    edit: Vec<Edit>,
}

/// An edit: a part of a file that is replaced.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    file: PathBuf,
    from: String,
    to: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    core: PathBuf,
    fault: Vec<Design>,
}

/// The fate of a wrong design.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fate", rename_all = "kebab-case")]
pub enum DesignFate {
    /// A vector finds the fault.
    Convicted(Conviction),
    /// No vector finds it, for a known reason.
    Equal {
        /// The reason.
        reason: String,
    },
    /// No vector finds it.
    Passed,
}

/// The first vector that finds a wrong design.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conviction {
    /// The class of the vector.
    pub class: String,
    /// The vector that was played when the mismatch occurred.
    pub vector: String,
    /// The name of the stalls, or of the other way in which it was played.
    pub way: String,
    /// What was wrong.
    pub what: String,
}

impl Designs {
    /// Reads a list. Paths in it are relative to its directory.
    ///
    /// # Errors
    /// [`DesignError::File`] and [`DesignError::List`].
    pub fn read(path: &Path) -> Result<Designs, DesignError> {
        let text = read(path)?;
        let wrong = |what: String| DesignError::List { path: path.to_owned(), what };
        let List { core, fault } = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let mut names = BTreeSet::new();
        if let Some(twice) = fault.iter().find(|fault| !names.insert(&fault.name)) {
            return Err(wrong(format!("the fault {} is there twice", twice.name)));
        }
        let dir = path.parent().unwrap_or(Path::new(""));
        let mut faults = fault;
        faults.iter_mut().flat_map(|fault| &mut fault.edit).for_each(|edit| edit.file = dir.join(&edit.file));
        Ok(Designs { core: dir.join(core), faults })
    }

    /// Only this many of the faults, at equal distances; all if no number is given.
    #[must_use]
    pub fn sample(self, count: Option<usize>) -> Designs {
        Designs { faults: super::evenly(self.faults, count), ..self }
    }
}

impl Design {
    /// The sources of the wrong core: those of the right one, with the edited files written into `dir`.
    ///
    /// # Errors
    /// [`DesignError::Edit`] and [`DesignError::File`].
    pub fn edited(&self, right: &Source, dir: &Path) -> Result<Source, DesignError> {
        let mut source = right.clone();
        for (at, text) in self.texts(right)? {
            let original = &right.files[at];
            let path = dir.join(original.file_name().unwrap_or(original.as_os_str()));
            files::write_scratch(&path, &text)
                .map_err(|source| DesignError::File { path: path.clone(), source })?;
            // Files that it includes are looked up in the directory of the original.
            let beside = original.parent().filter(|dir| !dir.as_os_str().is_empty());
            source.include_dirs.extend(beside.map(Path::to_owned));
            source.files[at] = path;
        }
        Ok(source)
    }

    /// The edited files after the edits, by their indices among the sources.
    fn texts(&self, right: &Source) -> Result<BTreeMap<usize, String>, DesignError> {
        let mut texts: BTreeMap<usize, String> = BTreeMap::new();
        for Edit { file, from, to } in &self.edit {
            let wrong = |what: String| {
                let fault = self.name.clone();
                DesignError::Edit { fault, what, file: file.clone() }
            };
            let at = right.files.iter().position(|path| same(path, file));
            let at = at.ok_or_else(|| wrong("this is none of the sources of the core:".into()))?;
            if let std::collections::btree_map::Entry::Vacant(entry) = texts.entry(at) {
                entry.insert(read(file)?);
            }
            let Some(text) = texts.get_mut(&at) else { continue };
            match text.matches(from.as_str()).count() {
                1 => *text = text.replacen(from.as_str(), to, 1),
                count => return Err(wrong(format!("{:?} is there {count} times, not once,", from.trim()))),
            }
        }
        Ok(texts)
    }

    /// A design with both faults of the same core.
    pub fn and(&self, other: &Design) -> Design {
        Design {
            name: format!("{}, {}", self.name, other.name),
            kind: format!("{}, {}", self.kind, other.kind),
            equal: None,
            edit: [&self.edit[..], &other.edit].concat(),
        }
    }

    /// The digest of everything that the fate depends on: the sources of the wrong core, what it can be asked for, and, if a vector finds
    /// the fault, the seed and the vectors of its class.
    ///
    /// # Errors
    /// [`DesignError::Edit`] and [`DesignError::File`].
    pub fn digest(
        &self,
        right: &Source,
        fate: &DesignFate,
        vectors: &[Vector],
        seed: u64,
    ) -> Result<String, DesignError> {
        let mut texts = right.files.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?;
        self.texts(right)?.into_iter().for_each(|(at, text)| texts[at] = text);
        texts.push(format!("{:?} {:?}", right.can, right.arguments));
        if let DesignFate::Convicted(Conviction { class, .. }) = fate {
            texts.push(seed.to_string());
            let of_class = vectors.iter().filter(|vector| vector.class() == *class);
            texts.extend(of_class.map(super::trial::text));
        }
        Ok(super::digest::digest(texts.iter().map(String::as_bytes)))
    }
}

fn read(path: &Path) -> Result<String, DesignError> {
    files::read_to_string(path).map_err(|source| DesignError::File { path: path.to_owned(), source })
}

/// A right core, with the vectors that its wrong versions are played.
pub struct DesignJudge<'a> {
    source: &'a Source,
    classes: Vec<Class<'a>>,
    right: Model,
    /// Classes that the right core passes.
    clean: Mutex<BTreeSet<String>>,
    seed: u64,
    cache: &'a Cache,
    tools: &'a Tools,
}

impl<'a> DesignJudge<'a> {
    /// Builds the right core.
    ///
    /// # Errors
    /// Those of [`Model::build`].
    pub fn new(
        source: &'a Source,
        vectors: &'a [Vector],
        seed: u64,
        cache: &'a Cache,
        tools: &'a Tools,
    ) -> Result<DesignJudge<'a>, SimError> {
        let right = Model::build(source, cache, tools)?;
        let mut classes = crate::cosim::classes(&right.fitter(), vectors);
        classes.retain(|class| !class.fitted.vectors.is_empty());
        // Most faults are found by the quick classes, and a few classes take nearly all of the time.
        classes.sort_by_cached_key(|class| clocks(&class.fitted.played()));
        let clean = Mutex::default();
        Ok(DesignJudge { source, classes, right, clean, seed, cache, tools })
    }

    /// Builds a wrong version and plays the classes of vectors to it, the quickest first, until one finds the fault. A class that found it
    /// before, under another seed or with other vectors, comes first.
    ///
    /// # Errors
    /// [`DesignError`].
    pub fn judge(&self, design: &Design, before: Option<&str>) -> Result<DesignFate, DesignError> {
        let failed = |source| DesignError::File { path: tempfile::env::temp_dir(), source };
        let dir = tempfile::tempdir().map_err(failed)?;
        let source = design.edited(self.source, dir.path())?;
        let model = Model::build(&source, self.cache, self.tools)
            .map_err(|source| DesignError::Build { fault: design.name.clone(), source })?;
        let (first, others): (Vec<_>, Vec<_>) =
            self.classes.iter().partition(|class| Some(class.name.as_str()) == before);
        for class in first.into_iter().chain(others) {
            let Some((way, mismatch)) = self.wrong(&model, class) else { continue };
            self.check_clean(class)?;
            let (class, what) = (class.name.clone(), mismatch.what());
            return Ok(DesignFate::Convicted(Conviction {
                class,
                vector: mismatch.vector,
                way: way.to_owned(),
                what,
            }));
        }
        Ok(match &design.equal {
            Some(reason) => DesignFate::Equal { reason: reason.clone() },
            None => DesignFate::Passed,
        })
    }

    fn wrong(&self, model: &Model, class: &Class<'_>) -> Option<(&'static str, Box<crate::cosim::Mismatch>)> {
        play_all(model, &class.fitted.played(), self.seed, false, &mut |_, _| ()).err()
    }

    /// Checks that the right core passes a class: only then a failure says something about the fault.
    fn check_clean(&self, class: &Class<'_>) -> Result<(), DesignError> {
        let known = || self.clean.lock().unwrap_or_else(PoisonError::into_inner);
        if known().contains(&class.name) {
            return Ok(());
        }
        if let Some((way, mismatch)) = self.wrong(&self.right, class) {
            return Err(DesignError::NotClean { class: class.name.clone(), way, what: mismatch.what() });
        }
        known().insert(class.name.clone());
        Ok(())
    }
}

/// Whether two paths name the same file.
fn same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}
