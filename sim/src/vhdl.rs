//! Translates VHDL to Verilog by `ghdl --synth`.
//!
//! The top entity and every entity that a Verilog file names are translated, each by itself: GHDL writes everything below an entity too. An
//! entity below two of them is written twice; the first one stays. A component without an entity becomes an empty module, which is left
//! out: either the Verilog has the real module, or Verilator reports that it is missing.
//!
//! GHDL runs every time, as Verilator does, since VHDL may read other files. Its output is kept in the cache under its hash, so that the
//! same Verilog always has the same path: a simulation reports the path of an assertion.

use std::{
    collections::{BTreeMap, HashSet},
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Cache, Design, SimError,
    cache::entry_name,
    design::source_file,
    program::{first_line, on_path, run, said},
};

const INSTALL: &str = "apt-get install ghdl";

/// The sources of a design as Verilator can read them: the Verilog, and after it the translated VHDL. GHDL works in the directory
/// `scratch`.
///
/// # Errors
/// [`SimError::Tool`] if there is VHDL and no GHDL, [`SimError::Vhdl`] for errors in the VHDL, [`SimError::Read`], [`SimError::Cache`].
pub(crate) fn as_verilog(design: &Design, cache: &Cache, scratch: &Path) -> Result<Vec<PathBuf>, SimError> {
    let (vhdl, mut verilog): (Vec<_>, Vec<_>) =
        design.sources.iter().cloned().partition(|path| is_vhdl(path));
    if vhdl.is_empty() {
        return match design.ghdl_arguments.first() {
            Some(argument) => Err(SimError::Vhdl(format!("{argument} is for GHDL, but no source is VHDL"))),
            None => Ok(verilog),
        };
    }
    let ghdl = Ghdl::find(&design.ghdl_arguments, scratch)?;
    let vhdl = vhdl.iter().map(|path| source_file(path)).collect::<Result<Vec<_>, _>>()?;
    let text = ghdl.translate(&vhdl, &design.top, &words(&verilog)?)?;
    let name = entry_name(&format!("{}_vhdl", design.top), [text.as_bytes()]);
    let entry = cache.entry(&name, |dir| {
        let path = dir.join(TRANSLATION);
        fs::write(&path, &text).map_err(|source| SimError::Cache { path, source })
    })?;
    verilog.push(entry.join(TRANSLATION));
    Ok(verilog)
}

/// The file in a cache entry.
const TRANSLATION: &str = "from_vhdl.v";

fn is_vhdl(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| ["vhd", "vhdl"].iter().any(|vhdl| extension.eq_ignore_ascii_case(vhdl)))
}

/// All words of these files: in lower case, since VHDL ignores case, and as they are written.
fn words(files: &[PathBuf]) -> Result<BTreeMap<String, String>, SimError> {
    let mut words = BTreeMap::new();
    for path in files {
        let text =
            fs::read(source_file(path)?).map_err(|source| SimError::Read { path: path.clone(), source })?;
        let text = String::from_utf8_lossy(&text);
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            words.entry(word.to_ascii_lowercase()).or_insert_with(|| word.to_owned());
        }
    }
    Ok(words)
}

struct Ghdl<'a> {
    path: PathBuf,
    arguments: &'a [String],
    /// A directory that it may write to.
    work: &'a Path,
}

impl<'a> Ghdl<'a> {
    /// The GHDL that `$GHDL` names, else the one on the PATH.
    fn find(arguments: &'a [String], work: &'a Path) -> Result<Ghdl<'a>, SimError> {
        let missing = |what: String| SimError::Tool { what, install: INSTALL };
        let named = env::var_os("GHDL").filter(|named| !named.is_empty()).map(PathBuf::from);
        let path = match &named {
            Some(named) => on_path(named)
                .ok_or_else(|| missing(format!("there is no program {}, which GHDL names", named.display()))),
            None => on_path(Path::new("ghdl"))
                .ok_or_else(|| missing("there is no GHDL, which translates VHDL to Verilog".into())),
        }?;
        let version = first_line(&run(Command::new(&path).arg("--version")));
        match version.strip_prefix("GHDL ").and_then(|number| number.split('.').next()?.parse::<u32>().ok()) {
            Some(2..) => Ok(Ghdl { path, arguments, work }),
            _ => Err(missing(format!("{} is no GHDL 2.0 or newer ({version})", path.display()))),
        }
    }

    /// Translates the top entity and those that the Verilog names, under the names that the Verilog has for them.
    fn translate(
        &self,
        files: &[PathBuf],
        top: &str,
        named: &BTreeMap<String, String>,
    ) -> Result<String, SimError> {
        let library = self.work.join("vhdl");
        fs::create_dir(&library).map_err(|source| SimError::Scratch { path: library.clone(), source })?;
        self.run(&library, "-i", |command| command.args(files))?;
        let library = self.run(&library, "--dir", |command| command)?;
        let entities: Vec<&str> = library.lines().filter_map(|line| line.strip_prefix("entity ")).collect();
        let is_top = |entity: &str| top.eq_ignore_ascii_case(entity);
        let generics = self.arguments.iter().filter(is_generic);
        if let Some(generic) = generics.clone().next()
            && !entities.iter().any(|entity| is_top(entity))
        {
            let all = entities.join(", ");
            let what = format!("{generic} is a generic of the top entity, but {top} is none of: {all}");
            return Err(SimError::Vhdl(what));
        }
        let mut modules = Modules::default();
        for &entity in &entities {
            let name = if is_top(entity) { Some(top) } else { named.get(entity).map(String::as_str) };
            if let Some(name) = name {
                let generics = generics.clone().filter(|_| is_top(entity));
                let text = self.run(self.work, "--synth", |command| {
                    command.arg("--out=verilog").args(generics).args(files).args(["-e", entity])
                })?;
                modules.add(&text, name);
            }
        }
        if modules.seen.is_empty() {
            let all = entities.join(", ");
            let what = format!("no entity is {top}, nor named in the Verilog; there are: {all}");
            return Err(SimError::Vhdl(what));
        }
        Ok(modules.text)
    }

    /// Runs a command of GHDL on the library in a directory and returns what it prints.
    ///
    /// Nothing is translated from a library that an earlier command has written: GHDL compares the times of its units, which are so close
    /// together that it takes some for outdated.
    fn run(
        &self,
        library: &Path,
        verb: &str,
        more: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Result<String, SimError> {
        let mut command = Command::new(&self.path);
        command.args([verb, "--std=08"]).arg(format!("--workdir={}", library.display()));
        command.args(self.arguments.iter().filter(|argument| !is_generic(argument)));
        let output = run(more(&mut command));
        match &output {
            Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            _ => Err(SimError::Vhdl(format!("GHDL rejects the design:\n{}", said(&output).trim_end()))),
        }
    }
}

/// Whether an argument sets a generic, which only the top entity has.
fn is_generic(argument: &&String) -> bool {
    argument.starts_with("-g")
}

/// Modules as GHDL writes them, each one once.
#[derive(Default)]
struct Modules {
    text: String,
    seen: HashSet<String>,
}

impl Modules {
    /// Adds GHDL's output for an entity, whose own module comes last and gets this name.
    fn add(&mut self, text: &str, name: &str) {
        let mut modules: Vec<(&str, &str)> = Vec::new();
        for module in text.split_inclusive("\nendmodule\n") {
            let Some(begin) = module.find("module ") else { continue };
            let rest = &module[begin + "module ".len()..];
            let end = rest.find(|c: char| c.is_whitespace() || c == ';').unwrap_or(rest.len());
            modules.push(rest.split_at(end));
        }
        let last = modules.len().saturating_sub(1);
        for (i, (own, rest)) in modules.into_iter().enumerate() {
            let name = if i == last { name } else { own };
            if !is_empty(rest) && self.seen.insert(name.to_owned()) {
                self.text += &format!("module {name}{rest}\n");
            }
        }
    }
}

/// Whether a module has outputs and nothing that drives them.
fn is_empty(module: &str) -> bool {
    let (ports, body) = module.split_once(");").unwrap_or((module, ""));
    let drives = ports.contains("output ") || ports.contains("inout ");
    drives && body.trim() == "endmodule"
}
