//! Yosys turns a core into a netlist, picks bits of its cells, and puts a switch at each.
//!
//! The tables stay multiplexers (`proc -norom`), so that they can be mutated. The context memory stays a memory and is not mutated, since
//! that would be a defect of the memory and not an error in the logic. If several ways of a multiplexer are selected, the first is taken,
//! as in the `case` statement that it comes from; if none is, the output is 0. Nets are split until none depends on itself bit by bit:
//! otherwise Verilator would evaluate them repeatedly, and version 5.006 would even compute other values.

use std::path::{Path, PathBuf};

use super::{
    MutationError,
    mutant::{Cell, Cells},
};
use crate::cores::CoreSpec;
use crate::prove::Sources;
use crate::yosys::{self, Yosys};

/// The input that selects a mutant, by its number plus one; 0 is the core without a mutant.
pub(super) const SELECT: &str = "mutsel";
pub(super) const SELECT_WIDTH: usize = 13;

/// The netlist without mutants, in Yosys' format.
#[derive(Clone, Debug)]
pub(super) struct Netlist {
    core: &'static CoreSpec,
    rtlil: String,
}

/// A netlist with mutants, in Yosys' format and as Verilog.
pub(super) struct Mutated {
    pub(super) rtlil: String,
    pub(super) verilog: PathBuf,
}

const BASE: &str = "base.il";
const MUTATED: &str = "mutated.il";

/// Ports that are not part of any transaction and that no proof needs.
const UNSEEN: &str = "w:settled w:save_ctx_idx w:save_model";

impl Netlist {
    /// The netlist of a core, and this many mutants of it.
    pub(super) fn new(
        core: &'static CoreSpec,
        sources: &Sources,
        count: usize,
        seed: u32,
        yosys: &Yosys,
    ) -> Result<(Netlist, Vec<Cell>), MutationError> {
        let dir = tempfile::tempdir().map_err(MutationError::dir)?;
        let top = core.top;
        let mut script = String::new();
        for (name, text) in sources {
            yosys::write(dir.path(), name, text)?;
            script += &format!("read_verilog -sv {name}\n");
        }
        script += &format!(
            "hierarchy -check -top {top}\nproc -norom\nflatten\ndelete -port {UNSEEN}\nopt_clean\n\
             write_rtlil {BASE}\ndelete -port w:debug\nopt_clean\n\
             select -set core c:* t:$mem* %d t:$scopeinfo %d\n\
             mutate -list {} -seed {seed} -o mutants @core\n",
            // Some of them change nothing and are dropped.
            count + count / 4 + 16
        );
        yosys.run(dir.path(), &script)?;
        let list = yosys::read(dir.path(), "mutants")?;
        let rtlil = yosys::read(dir.path(), BASE)?;
        let cells = Cells::of(&rtlil);
        let parse =
            |line: &str| Cell::parse(line, &cells).ok_or_else(|| MutationError::List(line.to_owned()));
        let mut mutants = list.lines().map(parse).collect::<Result<Vec<Cell>, _>>()?;
        mutants.retain(|mutant| mutant.is_change);
        mutants.truncate(count);
        Ok((Netlist { core, rtlil }, mutants))
    }

    /// The netlist with a switch for each of these mutants; files are written into `dir`.
    pub(super) fn mutate(
        &self,
        cells: &[&Cell],
        dir: &Path,
        yosys: &Yosys,
    ) -> Result<Mutated, MutationError> {
        yosys::write(dir, BASE, &self.rtlil)?;
        yosys::write(dir, "first.v", include_str!("first.v"))?;
        let mut script = format!("read_rtlil {BASE}\n");
        for (number, cell) in (1..).zip(cells) {
            script += &cell.where_input_is(SELECT, SELECT_WIDTH, number);
            script.push('\n');
        }
        script += &format!(
            "opt_clean\ntechmap -map first.v t:$pmux\nopt_clean\nwrite_rtlil {MUTATED}\n\
             splitnets -driver\nwrite_verilog -noattr mutated.v\n"
        );
        yosys.run(dir, &script)?;
        Ok(Mutated { rtlil: yosys::read(dir, MUTATED)?, verilog: dir.join("mutated.v") })
    }

    /// The text that two netlists share if they differ only in where their cells come from: without the comments and attributes that say
    /// so, and without line numbers in names such as `$eq$cabac_encoder_pack.sv:36$12`.
    pub(super) fn without_places(&self) -> String {
        let says_where = |line: &&str| {
            let name = line.strip_prefix("attribute ").and_then(|rest| rest.split(' ').next());
            line.starts_with('#') || name.is_some_and(|name| name.ends_with("src"))
        };
        let lines = self.rtlil.lines().map(str::trim_start);
        let kept = lines.filter(|line| !says_where(line));
        kept.flat_map(|line| {
            let mut parts = line.split(".sv:");
            let first = parts.next().unwrap_or_default();
            let rest = parts.flat_map(|part| [".sv:", part.trim_start_matches(|c: char| c.is_ascii_digit())]);
            [first].into_iter().chain(rest).chain(["\n"]).collect::<Vec<_>>()
        })
        .collect()
    }

    pub(super) fn core(&self) -> &'static CoreSpec {
        self.core
    }
}
