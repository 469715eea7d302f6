//! A core under test: built from its sources, with its ports identified.
//!
//! Every core has the ports of `docs/socket.md`, ours too; `cycle::ports` lists their names and widths. The number of lanes follows from
//! the widths. A core need not have a port for which it has no use.

use std::path::{Path, PathBuf};

use silicabac_sim::{Cache, Design, Direction as PortDirection, Library, SimError, Tools};

use super::{
    Mismatch, Play, Simulated, Stats,
    player::{self, Form, Observer},
    rtl,
    throughput::{Meter, Throughput},
};
use crate::cores::{CoreSpec, Direction};
use crate::cycle::{Field, Fields, Inputs, LANES, Outputs};
use crate::fit::{Can, Errors, Fitter, Loads};
use crate::vectors::Vector;

/// The sources of a core that is to be built.
#[derive(Clone, Debug)]
pub struct Source {
    /// Whether it encodes or decodes.
    pub direction: Direction,
    /// The module with the ports of the socket.
    pub top: String,
    /// Its files, packages before the files that use them; VHDL (`.vhd`, `.vhdl`) in any order.
    pub files: Vec<PathBuf>,
    /// The directories that `` `include `` searches.
    pub include_dirs: Vec<PathBuf>,
    /// More arguments for Verilator.
    pub arguments: Vec<String>,
    /// Arguments for GHDL, if there is VHDL.
    pub ghdl_arguments: Vec<String>,
    /// Whether Verilator's warnings are shown too when it rejects the core.
    pub show_warnings: bool,
    /// Inputs that are not ports of the socket: up to 32 bits wide each, and 0 until [`Model::with_constants`] sets them.
    pub constants: Vec<String>,
    /// Whether the core counts which lines run and which signals toggle.
    pub coverage: bool,
    /// The core of ours of which it is a copy. Its twin and its registers are then compared too.
    pub copy_of: Option<&'static CoreSpec>,
    /// What it can be asked for.
    pub can: Can,
    /// After this many clocks in which nothing moves, although nothing makes the core wait, it is a deadlock.
    pub patience: u32,
}

impl Source {
    /// The patience with a core of which nothing is known, in clocks.
    pub const PATIENCE: u32 = 20_000;

    /// A core of which only this is known.
    pub fn new(direction: Direction, top: impl Into<String>, files: Vec<PathBuf>) -> Source {
        Source {
            direction,
            top: top.into(),
            files,
            include_dirs: Vec::new(),
            arguments: Vec::new(),
            ghdl_arguments: Vec::new(),
            show_warnings: false,
            constants: Vec::new(),
            coverage: false,
            copy_of: None,
            can: Can::ENGINE,
            patience: Source::PATIENCE,
        }
    }

    /// One of our cores or, with `dir`, a copy of it: module `top` of the sources in that directory.
    ///
    /// # Errors
    /// [`SimError::Cache`] and [`SimError::Read`].
    pub fn of(
        spec: &'static CoreSpec,
        top: &str,
        dir: Option<&Path>,
        cache: &Cache,
    ) -> Result<Source, SimError> {
        let files = rtl::sources(spec, dir, cache)?;
        let mut include_dirs: Vec<PathBuf> =
            files.iter().filter_map(|file| file.parent()).map(Path::to_owned).collect();
        include_dirs.dedup();
        let source = Source::new(spec.direction, top, files);
        Ok(Source { include_dirs, copy_of: Some(spec), can: spec.can, patience: player::PATIENCE, ..source })
    }
}

/// A built core, from which simulated cores are made.
#[derive(Clone, Debug)]
pub struct Model {
    top: String,
    library: Library,
    pub(super) form: Form,
    pub(super) ports: Ports,
    /// Inputs that are not ports of the socket, and their values.
    pub(super) constants: Vec<(Place, u32)>,
    copy_of: Option<&'static CoreSpec>,
    patience: u32,
}

/// The places of the ports among the words of all inputs or outputs.
#[derive(Clone, Debug)]
pub(super) struct Ports {
    /// In the order of the fields of [`Inputs`].
    pub(super) inputs: Vec<Option<Place>>,
    /// In the order of the fields of [`Outputs`].
    pub(super) outputs: Vec<Option<Place>>,
    /// The first word of the packed registers.
    pub(super) debug: Option<usize>,
}

/// The place of a port.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Its first word.
    pub(super) word: usize,
    /// The width of a lane.
    pub(super) width: usize,
    pub(super) lanes: usize,
}

/// The name of the output on which our cores show their packed registers.
const DEBUG: &str = "debug";

impl Model {
    /// Builds a core and identifies its ports.
    ///
    /// # Errors
    /// [`SimError::Read`], [`SimError::Verilog`], [`SimError::Vhdl`] and [`SimError::Port`] are errors in the core, the others are errors
    /// of the machine.
    pub fn build(source: &Source, cache: &Cache, tools: &Tools) -> Result<Model, SimError> {
        let mut design = Design::new(&*source.top, "clk");
        design.sources.clone_from(&source.files);
        design.include_dirs.clone_from(&source.include_dirs);
        design.arguments.clone_from(&source.arguments);
        design.ghdl_arguments.clone_from(&source.ghdl_arguments);
        design.show_warnings = source.show_warnings;
        design.coverage = source.coverage;
        Model::new(source, design.build(cache, tools)?)
    }

    fn new(source: &Source, library: Library) -> Result<Model, SimError> {
        let direction = source.direction;
        let finder = Finder { top: &source.top, library: &library, direction };
        let lanes = finder.lanes("req_kind", PortDirection::Input, 3)?;
        let bytes = match direction {
            Direction::Encoder => finder.lanes("out_data", PortDirection::Output, 8)?,
            Direction::Decoder => 1,
        };
        let run = finder.run(lanes, &source.can)?;
        let ports = finder.ports(&Size { lanes, run, bytes }, source.copy_of)?;
        let constants = source.constants.iter().map(|name| Ok((finder.constant(name)?, 0)));
        let constants = constants.collect::<Result<_, SimError>>()?;
        finder.check_no_other_inputs(&source.constants)?;
        let shows = |name: &str| {
            let mut outputs = Outputs::FIELDS.iter().zip(&ports.outputs);
            outputs.any(|(field, place)| field.name == name && place.is_some())
        };
        let (ready, shows_error) = match direction {
            Direction::Encoder => ("out_ready", false),
            Direction::Decoder => ("rsp_ready", shows("rsp_error")),
        };
        let can_be_blocked = library.ports().iter().any(|port| port.name == ready);
        let errors = if shows_error { source.can.errors } else { Errors::None };
        let form = Form {
            direction,
            can: Can { errors, ..source.can },
            lanes,
            run,
            bytes,
            can_be_blocked,
            shows_count: shows("out_count") || shows("rsp_count"),
            shows_last: shows("out_last"),
            shows_error,
            shows_bits: shows("rsp_bits"),
        };
        let (top, copy_of) = (source.top.clone(), source.copy_of);
        Ok(Model { top, library, form, ports, constants, copy_of, patience: source.patience })
    }

    /// The same core with other values for [`Source::constants`], in their order.
    pub fn with_constants(&self, values: &[u32]) -> Model {
        let values = values.iter().copied().chain(std::iter::repeat(0));
        let constants =
            self.constants.iter().zip(values).map(|(&(place, _), value)| (place, value)).collect();
        Model { constants, ..self.clone() }
    }

    /// Whether the core encodes or decodes.
    pub fn direction(&self) -> Direction {
        self.form.direction
    }

    /// The name of its top module.
    pub fn top(&self) -> &str {
        &self.top
    }

    /// How many requests it takes at once, at most.
    pub fn lanes(&self) -> usize {
        self.form.lanes
    }

    /// The core of ours of which it is a copy.
    pub fn copy_of(&self) -> Option<&'static CoreSpec> {
        self.copy_of
    }

    /// A play of these vectors without waits, with the patience that the core was built with.
    pub fn flowing<'a>(&self, vectors: &'a [&'a Vector]) -> Play<'a> {
        Play { patience: self.patience, ..Play::flowing(vectors) }
    }

    pub(super) fn library(&self) -> &Library {
        &self.library
    }

    /// Plays vectors to the core, with its twin in lockstep if it is a copy of one of ours. Tells `progress` how many events are done.
    ///
    /// # Errors
    /// The first [`Mismatch`].
    pub fn play(&self, what: &Play<'_>, progress: &mut dyn FnMut(u64)) -> Result<Stats, Box<Mismatch>> {
        Ok(self.play_and_keep(what, progress)?.0)
    }

    /// Plays vectors to the core as [`play`](Self::play) does and measures its throughput, with the slowest stretch of this many bins,
    /// alignments and raw bytes. If the play makes the core wait nowhere, all clocks that are counted are the core's own.
    ///
    /// # Errors
    /// The first [`Mismatch`].
    pub fn measure(&self, what: &Play<'_>, stretch: usize) -> Result<(Stats, Throughput), Box<Mismatch>> {
        let mut meter = Meter::new(self.direction(), stretch);
        let stats = self.play_watched(what, &mut meter)?;
        Ok((stats, meter.throughput(&stats, what.vectors)))
    }

    /// Plays with this observer in place of a twin.
    pub(super) fn play_watched(
        &self,
        what: &Play<'_>,
        observer: impl Observer,
    ) -> Result<Stats, Box<Mismatch>> {
        Ok(player::play(self.simulate(what.plan.power_on), observer, what, &mut |_| ())?.0)
    }

    /// A simulated core whose uninitialised bits are random, from this seed.
    pub fn simulate(&self, power_on: u32) -> Simulated<'_> {
        Simulated::new(self, power_on)
    }

    /// Like [`play`](Self::play), and returns the core in the state that it is in afterwards.
    pub(super) fn play_and_keep<'a>(
        &'a self,
        what: &Play<'a>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(Stats, Simulated<'a>), Box<Mismatch>> {
        match self.copy_of {
            Some(spec) => (spec.twin.play)(self, what, progress),
            None => player::play(self.simulate(what.plan.power_on), (), what, progress),
        }
    }

    /// The fitter that fits vectors to the core.
    pub fn fitter(&self) -> Fitter {
        Fitter::new(self.form.direction, self.form.can)
    }

    /// A contradiction between what the core is said to take and its ports.
    pub fn contradiction(&self) -> Option<&'static str> {
        let is_there = |name: &str| self.library.ports().iter().any(|port| port.name == name);
        let header = ["slice_codec", "slice_type", "slice_qp", "slice_index"];
        let is_blind = self.form.can.loads == Loads::None && !header.into_iter().any(is_there);
        is_blind.then_some(
            "it is said to initialise its contexts by itself (loads = none), but has no slice_ port that tells it how; \
             if it takes LOAD, or the state comes with each bin, say so: loads = any or start (docs/fitting.md)",
        )
    }

    /// The optional ports that the core does not have, so that they are not checked.
    pub fn unchecked(&self) -> Vec<&'static str> {
        let Form { direction, shows_last, shows_error, shows_bits, can_be_blocked, .. } = self.form;
        let shown = match direction {
            Direction::Encoder => vec![("out_ready", can_be_blocked), ("out_last", shows_last)],
            Direction::Decoder => {
                vec![("rsp_ready", can_be_blocked), ("rsp_error", shows_error), ("rsp_bits", shows_bits)]
            }
        };
        shown.into_iter().filter(|(_, shown)| !shown).map(|(name, _)| name).collect()
    }
}

/// Whether a core has to have a port.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needed {
    /// Such a core has no such port; a port of that name is something else.
    No,
    /// The core has it if it has a use for it.
    Optional,
    /// The core must have it if there is more than one of what the port counts.
    WithLanes,
    Always,
}

/// Which ports a core of this direction must have.
fn needed(direction: Direction, name: &str) -> Needed {
    use Direction::{Decoder, Encoder};
    match (name, direction) {
        ("rst" | "req_valid" | "req_ready" | "req_kind", _) => Needed::Always,
        ("out_valid" | "out_data", Encoder) => Needed::Always,
        ("in_valid" | "in_ready" | "in_data" | "rsp_valid" | "rsp_bin" | "rsp_data", Decoder) => {
            Needed::Always
        }
        ("req_count", _) | ("out_count", Encoder) | ("rsp_count", Decoder) => Needed::WithLanes,
        ("req_bin" | "req_run" | "req_data" | "out_last", Decoder) => Needed::No,
        ("out_ready" | "out_valid" | "out_count" | "out_data", Decoder) => Needed::No,
        ("in_valid" | "in_ready" | "in_data" | "in_last", Encoder) => Needed::No,
        (
            "rsp_valid" | "rsp_ready" | "rsp_count" | "rsp_bin" | "rsp_data" | "rsp_error" | "rsp_bits",
            Encoder,
        ) => Needed::No,
        _ => Needed::Optional,
    }
}

/// The sizes of a core's ports, as in [`Form`].
struct Size {
    lanes: usize,
    run: usize,
    bytes: usize,
}

/// Identifies ports.
struct Finder<'a> {
    top: &'a str,
    library: &'a Library,
    direction: Direction,
}

impl Finder<'_> {
    fn wrong(&self, what: String) -> SimError {
        SimError::Port { top: self.top.to_owned(), what }
    }

    /// The number of lanes of `width` bits of a port.
    fn lanes(&self, name: &str, direction: PortDirection, width: usize) -> Result<usize, SimError> {
        let port = self.library.ports().iter().find(|port| port.name == name && port.direction == direction);
        let Some(port) = port else {
            let what = format!("there is no port {name} ({direction:?}, {width} bits a lane)");
            return Err(self.wrong(format!("{what}; docs/socket.md lists the ports of a socket")));
        };
        match port.width / width {
            lanes @ 1..=LANES if port.width == lanes * width => Ok(lanes),
            _ => {
                Err(self
                    .wrong(format!("port {name} has {} bits, not 1 to {LANES} lanes of {width}", port.width)))
            }
        }
    }

    fn width(&self, name: &str) -> Option<usize> {
        self.library.ports().iter().find(|port| port.name == name).map(|port| port.width)
    }

    /// How many bypass bins a lane can have: as many as `req_data` has bits per lane, if there is a `req_run`.
    fn run(&self, lanes: usize, can: &Can) -> Result<usize, SimError> {
        let of_lane = self.width("req_data").filter(|width| width % lanes == 0).map(|width| width / lanes);
        let run = match self.width("req_run").filter(|_| self.direction == Direction::Encoder) {
            None => 0,
            Some(_) => of_lane.filter(|width| (8..=32).contains(width)).ok_or_else(|| {
                let what =
                    "with req_run, req_data has 8 to 32 bits for each lane: the byte of RAW, and bypass bins";
                self.wrong(what.into())
            })?,
        };
        match *can {
            Can { groups: true, .. } if self.direction == Direction::Decoder => {
                Err(self.wrong("groups = true is for encoders: of a decoder bins go together, and all else alone".into()))
            }
            Can { bypass_after, .. } if usize::from(bypass_after) > run => Err(self.wrong(format!(
                "bypass-after is {bypass_after}, but there is room for {run} bypass bins in a lane: as many as \
                 req_data has bits for a lane of a core that has req_run"
            ))),
            Can { groups: true, raw: 1.., .. } if lanes > 1 && of_lane.is_none_or(|width| width < 8) => {
                Err(self.wrong("with groups = true each lane can have a RAW: req_data has 8 bits for each lane".into()))
            }
            _ => Ok(run),
        }
    }

    fn ports(&self, size: &Size, copy_of: Option<&CoreSpec>) -> Result<Ports, SimError> {
        let debug =
            copy_of.map(|spec| self.library.word_of(DEBUG, PortDirection::Output, spec.twin.debug_width));
        Ok(Ports {
            inputs: self.places(Inputs::FIELDS, PortDirection::Input, size)?,
            outputs: self.places(Outputs::FIELDS, PortDirection::Output, size)?,
            debug: debug.transpose()?,
        })
    }

    fn places(
        &self,
        fields: &[Field],
        direction: PortDirection,
        size: &Size,
    ) -> Result<Vec<Option<Place>>, SimError> {
        let place = |field: &Field| {
            let &Field { name, width, .. } = field;
            let many = if name.starts_with("out_") { size.bytes } else { size.lanes };
            let is_there = self.library.ports().iter().any(|port| port.name == name);
            let wanted = match needed(self.direction, name) {
                Needed::No => false,
                Needed::Optional => is_there,
                Needed::WithLanes => is_there || many > 1,
                Needed::Always => true,
            };
            let (width, lanes) = match name {
                "req_data" if self.width(name) == Some(8) => (8, 1),
                "req_data" => (size.run.max(8), many),
                _ if field.lanes > 1 => (width, many),
                _ => (width, 1),
            };
            let place = || {
                let word = self.library.word_of(name, direction, width * lanes)?;
                Ok(Place { word, width, lanes })
            };
            wanted.then(place).transpose()
        };
        fields.iter().map(place).collect()
    }

    /// An input that is known only by the name that the user gives.
    fn constant(&self, name: &str) -> Result<Place, SimError> {
        let width = self.library.ports().iter().find(|port| port.name == name).map_or(1, |port| port.width);
        if width > 32 {
            return Err(self.wrong(format!("port {name} has {width} bits; a constant has up to 32")));
        }
        Ok(Place { word: self.library.word_of(name, PortDirection::Input, width)?, width, lanes: 1 })
    }

    /// Checks that there are no other inputs: an undriven input would make what it controls happen or not happen.
    fn check_no_other_inputs(&self, constants: &[String]) -> Result<(), SimError> {
        let of_socket = Inputs::FIELDS.iter().map(|field| field.name);
        let driven: Vec<&str> = of_socket
            .filter(|name| needed(self.direction, name) != Needed::No)
            .chain(constants.iter().map(String::as_str))
            .collect();
        let inputs = self.library.ports().iter().filter(|port| port.direction == PortDirection::Input);
        match inputs.into_iter().find(|port| !driven.contains(&&*port.name)) {
            Some(port) => {
                let what = format!("port {} is no input of the socket; drive it in the wrapper", port.name);
                Err(self.wrong(what))
            }
            None => Ok(()),
        }
    }
}
