//! Wrong designs: versions of any core, each with a fault that a designer could have made, as edits of its sources. Mutants of a
//! netlist are wrong in a bit; these are wrong in a thought, and what the vectors make of them says more.

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
pub enum DesignError {
    /// A file cannot be read, or written where the edited ones go.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The list is none.
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
    /// Verilator or the compiler, on a core with a fault.
    #[error("fault {fault}: {source}")]
    Build {
        /// The fault.
        fault: String,
        /// Why it cannot be built.
        source: SimError,
    },
    /// The core fails without a fault, so that its failing says nothing of one.
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

/// A list of faults of a core: a TOML file.
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
    /// Its faults, each alone.
    pub faults: Vec<Design>,
}

/// A core with a fault.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// What is wrong.
    pub name: String,
    /// The kind of fault.
    pub kind: String,
    /// Why it is right all the same, if it is.
    #[serde(default)]
    pub equal: Option<String>,
    edit: Vec<Edit>,
}

/// A part of a file that becomes another.
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

/// What became of a wrong design.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fate", rename_all = "kebab-case")]
pub enum DesignFate {
    /// A vector convicts it.
    Convicted(Conviction),
    /// No vector does, and there is a reason.
    Equal {
        /// The reason.
        reason: String,
    },
    /// No vector does.
    Passed,
}

/// What convicts a wrong design first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conviction {
    /// The class of the vector.
    pub class: String,
    /// The vector that was played when it showed.
    pub vector: String,
    /// Under which stalls, or how it was played else.
    pub way: String,
    /// What was wrong.
    pub what: String,
}

impl Designs {
    /// Reads a list. Its paths are seen from where it lies.
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

    /// Only so many of the faults, at equal distances; all if no number is given.
    #[must_use]
    pub fn sample(self, count: Option<usize>) -> Designs {
        Designs { faults: super::evenly(self.faults, count), ..self }
    }
}

impl Design {
    /// The sources of the wrong core: those of the right one, where those that are edited are written into `dir`.
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
            // What it includes lies beside where it was.
            let beside = original.parent().filter(|dir| !dir.as_os_str().is_empty());
            source.include_dirs.extend(beside.map(Path::to_owned));
            source.files[at] = path;
        }
        Ok(source)
    }

    /// The files that are edited, by their places among the sources, as they are then.
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

    /// Both faults at once, of the same core.
    pub fn and(&self, other: &Design) -> Design {
        Design {
            name: format!("{}, {}", self.name, other.name),
            kind: format!("{}, {}", self.kind, other.kind),
            equal: None,
            edit: [&self.edit[..], &other.edit].concat(),
        }
    }

    /// What a verdict hangs on: the sources of the wrong core, what it can, and if a vector convicts it, the seed and the vectors of that
    /// one's class.
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

/// A right core, and what its wrong versions are played.
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
        // Most faults are convicted by what is quick, and a few classes take nearly all of the time.
        classes.sort_by_cached_key(|class| clocks(&class.fitted.played()));
        let clean = Mutex::default();
        Ok(DesignJudge { source, classes, right, clean, seed, cache, tools })
    }

    /// Builds a wrong version and plays the classes of vectors to it, the quickest first, until one convicts it. A class that convicted
    /// it before, under another seed or with other vectors, comes before all others.
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

    /// What the right core does not pass convicts nobody.
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
