//! What a judge has to know of a core.

use std::fmt;

use super::{Direction, decoder, decoder_swift, encoder, encoder_swift};
use crate::cosim::{Lockstep, sweep::Step};
use crate::fit::{Can, Fitter};
use crate::mutation::Mutable;
use crate::prove::Bench;

/// Texts with their names: paths from `rtl/` or `formal/`.
pub type Sources = &'static [(&'static str, &'static str)];

/// A core.
pub struct CoreSpec {
    /// What it is called, here and in commands.
    pub name: &'static str,
    /// What it does.
    pub direction: Direction,
    /// How many requests it takes at once.
    pub lanes: usize,
    /// Its top module, which has the ports of `docs/socket.md` and the port `debug`.
    pub top: &'static str,
    /// The files of `rtl/` that it needs, packages first.
    pub sources: Sources,
    /// What it can be asked for.
    pub can: Can,
    /// The same in Rust, to be compared with it in every clock.
    pub twin: Lockstep,
    /// Its arithmetic alone, to be compared with the oracle at every point.
    pub step: Step,
    /// What is proved of it. The bench of its contexts comes first, since the others take for granted what it proves.
    pub benches: &'static [Bench],
    /// What it takes to tell a mutant from it.
    pub mutants: Mutable,
}

/// All cores.
pub static ALL: [&CoreSpec; 4] = [&encoder::SPEC, &decoder::SPEC, &encoder_swift::SPEC, &decoder_swift::SPEC];

/// The core of this name.
pub fn by_name(name: &str) -> Option<&'static CoreSpec> {
    ALL.into_iter().find(|core| core.name == name)
}

impl Direction {
    /// The simplest core of ours that does this.
    pub fn plain_core(self) -> &'static CoreSpec {
        match self {
            Direction::Encoder => &encoder::SPEC,
            Direction::Decoder => &decoder::SPEC,
        }
    }
}

impl CoreSpec {
    /// What fits vectors to the core.
    pub fn fitter(&self) -> Fitter {
        Fitter::new(self.direction, self.can)
    }
}

/// By their names, which are unique.
impl PartialEq for CoreSpec {
    fn eq(&self, other: &CoreSpec) -> bool {
        self.name == other.name
    }
}

impl Eq for CoreSpec {}

impl fmt::Debug for CoreSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CoreSpec({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::prove::Property;

    fn file(path: &str) -> std::path::PathBuf {
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
    }

    #[test]
    fn names_are_unique_and_lead_to_their_cores() {
        let names: BTreeSet<_> = ALL.iter().flat_map(|core| [core.name, core.top]).collect();
        assert_eq!(names.len(), 2 * ALL.len());
        assert!(ALL.iter().all(|core| by_name(core.name) == Some(core)));
        assert_eq!(by_name("nothing"), None);
    }

    #[test]
    fn the_file_list_of_other_tools_has_the_sources_of_all_cores_in_their_order() {
        let list = include_str!("../../rtl/cabac.f");
        let listed: Vec<_> = list.lines().filter(|line| !line.starts_with("//")).collect();
        let used: BTreeSet<_> = ALL.iter().flat_map(|core| core.sources).map(|(name, _)| *name).collect();
        assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), used);
        assert_eq!(listed.len(), used.len());
        for core in ALL {
            let places = core.sources.iter().map(|(name, _)| listed.iter().position(|listed| listed == name));
            assert!(places.is_sorted(), "{}", core.name);
        }
    }

    #[test]
    fn every_core_has_its_folders() {
        for core in ALL {
            for folder in ["rtl", "src/cores"] {
                assert!(file(folder).join(core.name).is_dir(), "{folder}/{}", core.name);
            }
        }
    }

    #[test]
    fn every_assertion_is_a_property_and_every_property_an_assertion() {
        let labels = |text: &'static str| {
            text.lines().filter_map(|line| line.trim().split_once(": assert (")).map(|(label, _)| label)
        };
        for bench in ALL.iter().flat_map(|core| core.benches) {
            let mut asserted: Vec<_> = bench.files.iter().flat_map(|(_, text)| labels(text)).collect();
            let mut listed: Vec<_> = bench.properties.iter().map(Property::name).collect();
            asserted.sort_unstable();
            listed.sort_unstable();
            assert_eq!(asserted, listed, "{}", bench.top);
        }
    }

    #[test]
    fn every_file_of_checkers_is_embedded_and_short() {
        let embedded: Vec<_> =
            ALL.iter().flat_map(|core| core.benches).flat_map(|bench| bench.files).collect();
        let folders =
            std::fs::read_dir(file("formal")).unwrap().flatten().filter(|entry| entry.path().is_dir());
        for folder in folders {
            for entry in std::fs::read_dir(folder.path()).unwrap().flatten() {
                let path =
                    [folder.file_name(), entry.file_name()].map(|name| name.to_string_lossy().into_owned());
                let name = path.join("/");
                let file = embedded.iter().find(|(embedded, _)| *embedded == name);
                assert!(
                    file.is_some_and(|(_, text)| text.lines().count() < 150),
                    "{name} is long or not embedded"
                );
            }
        }
    }

    #[test]
    fn every_control_edits_the_built_in_core() {
        for core in ALL {
            let sources = crate::prove::sources(core, None).unwrap();
            for property in core.benches.iter().flat_map(|bench| bench.properties) {
                let (name, cell) = (core.name, property.cell);
                assert!(property.control.apply(&sources).is_some(), "{name}: {cell}");
            }
        }
    }

    #[test]
    fn what_a_proof_of_mutants_leans_on_is_proved() {
        for core in ALL {
            let proved: Vec<&str> =
                core.benches.iter().flat_map(|bench| bench.properties).map(Property::name).collect();
            // A comment with an underscore in each word is a list of properties.
            let lists = core.mutants.proof.lines().filter_map(|line| line.trim().strip_prefix("// "));
            let lists = lists.filter(|line| line.split(", ").all(|word| word.contains('_')));
            let words = lists.flat_map(|line| line.split([',', ' ']));
            let named: Vec<&str> = words.filter(|word| word.contains('_')).collect();
            assert!(named.len() >= 6, "{named:?}");
            named.iter().for_each(|name| assert!(proved.contains(name), "{name} is not proved"));
        }
    }
}
