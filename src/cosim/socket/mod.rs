//! The judge of cores that nobody here wrote: any latency, any throughput, no registers to be seen.
//!
//! A user wraps a core in the ports of `docs/socket.md`. What is compared are transactions: the bytes of an
//! encoder; the bins, raw bytes, errors and positions of a decoder. [`judge`] gives a verdict for each class of
//! vectors.

mod play;
mod script;
mod testbench;
mod verdict;

use std::path::PathBuf;

use silicabac_sim::{Cache, Design, Direction, Library, SimError, Tools};

use super::rtl;
use crate::cores;
pub use play::{Fault, FaultKind, play};
pub use script::Script;
pub use testbench::{TestbenchError, testbench};
pub use verdict::{Class, Failed, Rules, Verdict, classes, judge};

/// The most requests that a core takes at once, and the most bytes that it gives.
pub const LANES: usize = 8;

/// A core in a socket: built, its ports found.
#[derive(Debug)]
pub struct Socket {
    kind: cores::Direction,
    top: String,
    library: Library,
    /// How many requests it takes at once.
    lanes: usize,
    /// How many bytes an encoder gives at once.
    bytes: usize,
    ports: Ports,
    /// Inputs that are none of the socket's, and what drives them.
    constants: Vec<(Place, u32)>,
}

/// Where a port lies among the words of all inputs or outputs.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    word: usize,
    width: usize,
}

/// What the ports of both directions are called. A port that the direction does not have has no width.
#[derive(Clone, Debug, Default)]
struct Ports {
    rst: Place,
    req_valid: Place,
    req_ready: Place,
    req_count: Place,
    req_kind: Place,
    req_bin: Place,
    req_ctx_idx: Place,
    req_model: Place,
    req_data: Place,
    slice_codec: Place,
    slice_type: Place,
    slice_qp: Place,
    slice_index: Place,
    out_valid: Place,
    out_ready: Place,
    out_count: Option<Place>,
    out_data: Place,
    out_last: Option<Place>,
    in_valid: Place,
    in_ready: Place,
    in_data: Place,
    in_last: Place,
    rsp_valid: Place,
    rsp_ready: Place,
    rsp_count: Option<Place>,
    rsp_bin: Place,
    rsp_data: Place,
    rsp_error: Option<Place>,
    rsp_bits: Option<Place>,
}

/// A core that is to be built for a socket.
#[derive(Clone, Debug)]
pub struct Source {
    /// What it does.
    pub kind: cores::Direction,
    /// The module with the ports of the socket.
    pub top: String,
    /// Its files, packages before what uses them.
    pub files: Vec<PathBuf>,
    /// Where `` `include `` looks.
    pub include_dirs: Vec<PathBuf>,
    /// More arguments for Verilator.
    pub arguments: Vec<String>,
    /// Inputs that are none of the socket's: of up to 32 bits each, and 0 until [`Socket::with_constants`].
    pub constants: Vec<String>,
}

impl Source {
    /// One of the built-in cores.
    ///
    /// # Errors
    /// [`SimError::Cache`].
    pub fn built_in(kind: cores::Direction, cache: &Cache) -> Result<Source, SimError> {
        let core = cores::ALL.into_iter().find(|core| core.direction == kind).unwrap_or(cores::ALL[0]);
        let socket: Vec<_> = rtl::SOCKETS.into_iter().filter(|(name, _)| name.contains(core.top)).collect();
        let files = rtl::as_files(&[core.sources, &socket].concat(), cache)?;
        let top = format!("{}_socket", core.top);
        Ok(Source {
            kind,
            top,
            files,
            include_dirs: Vec::new(),
            arguments: Vec::new(),
            constants: Vec::new(),
        })
    }
}

impl Socket {
    /// Builds a core and finds the ports of the socket in it.
    ///
    /// # Errors
    /// [`SimError::Read`], [`SimError::Verilog`] and [`SimError::Port`] are the core's fault, the others the
    /// machine's.
    pub fn build(source: &Source, cache: &Cache, tools: &Tools) -> Result<Socket, SimError> {
        let mut design = Design::new(&*source.top, "clk");
        design.sources.clone_from(&source.files);
        design.include_dirs.clone_from(&source.include_dirs);
        design.arguments.clone_from(&source.arguments);
        let library = design.build(cache, tools)?;
        Socket::new(source, library)
    }

    fn new(source: &Source, library: Library) -> Result<Socket, SimError> {
        let (kind, top) = (source.kind, &*source.top);
        let finder = Finder { top, library: &library };
        let lanes = finder.lanes("req_kind", Direction::Input, 3)?;
        let bytes = match kind {
            cores::Direction::Encoder => finder.lanes("out_data", Direction::Output, 8)?,
            cores::Direction::Decoder => 1,
        };
        let ports = finder.ports(kind, lanes, bytes)?;
        let constants = source.constants.iter().map(|name| Ok((finder.constant(name)?, 0)));
        let constants = constants.collect::<Result<_, SimError>>()?;
        finder.check_no_other_inputs(kind, &source.constants)?;
        Ok(Socket { kind, top: top.to_owned(), lanes, bytes, ports, constants, library })
    }

    /// The same core, with other values for [`Source::constants`], in their order.
    pub fn with_constants(&self, values: &[u32]) -> Socket {
        let values = values.iter().copied().chain(std::iter::repeat(0));
        let constants =
            self.constants.iter().zip(values).map(|(&(place, _), value)| (place, value)).collect();
        let (top, library, ports) = (self.top.clone(), self.library.clone(), self.ports.clone());
        Socket { top, library, ports, constants, ..*self }
    }

    /// What the core does.
    pub fn kind(&self) -> cores::Direction {
        self.kind
    }

    /// The name of its top module.
    pub fn top(&self) -> &str {
        &self.top
    }

    /// How many requests it takes at once.
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// What it does not show, so that it is not checked.
    pub fn unchecked(&self) -> Vec<&'static str> {
        let Ports { out_last, rsp_error, rsp_bits, .. } = &self.ports;
        let shown = match self.kind {
            cores::Direction::Encoder => vec![("out_last", out_last.is_some())],
            cores::Direction::Decoder => {
                vec![("rsp_error", rsp_error.is_some()), ("rsp_bits", rsp_bits.is_some())]
            }
        };
        shown.into_iter().filter(|(_, shown)| !shown).map(|(name, _)| name).collect()
    }
}

/// Finds ports.
struct Finder<'a> {
    top: &'a str,
    library: &'a Library,
}

impl Finder<'_> {
    fn wrong(&self, what: String) -> SimError {
        SimError::Port { top: self.top.to_owned(), what }
    }

    /// How many lanes of `width` bits a port has.
    fn lanes(&self, name: &str, direction: Direction, width: usize) -> Result<usize, SimError> {
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

    fn place(&self, name: &str, direction: Direction, width: usize) -> Result<Place, SimError> {
        Ok(Place { word: self.library.word_of(name, direction, width)?, width })
    }

    /// An input that a caller knows by its name alone.
    fn constant(&self, name: &str) -> Result<Place, SimError> {
        let width = self.library.ports().iter().find(|port| port.name == name).map_or(1, |port| port.width);
        if width > 32 {
            return Err(self.wrong(format!("port {name} has {width} bits; a constant has up to 32")));
        }
        self.place(name, Direction::Input, width)
    }

    /// A port that need not be there.
    fn optional(&self, name: &str, width: usize) -> Result<Option<Place>, SimError> {
        match self.library.ports().iter().any(|port| port.name == name) {
            true => self.place(name, Direction::Output, width).map(Some),
            false => Ok(None),
        }
    }

    /// How many things are given at once; need not be said where it can only be one.
    fn count(&self, name: &str, most: usize) -> Result<Option<Place>, SimError> {
        if most > 1 { self.place(name, Direction::Output, 4).map(Some) } else { self.optional(name, 4) }
    }

    /// An input that a core may have no use for.
    fn unless_absent(&self, name: &str, width: usize, is_needed: bool) -> Result<Place, SimError> {
        match is_needed || self.library.ports().iter().any(|port| port.name == name) {
            true => self.place(name, Direction::Input, width),
            false => Ok(Place::default()),
        }
    }

    fn ports(&self, kind: cores::Direction, lanes: usize, bytes: usize) -> Result<Ports, SimError> {
        let input = |name, width| self.place(name, Direction::Input, width);
        let output = |name, width| self.place(name, Direction::Output, width);
        let both = Ports {
            rst: input("rst", 1)?,
            req_valid: input("req_valid", 1)?,
            req_ready: output("req_ready", 1)?,
            req_count: self.unless_absent("req_count", 4, lanes > 1)?,
            req_kind: input("req_kind", 3 * lanes)?,
            req_ctx_idx: input("req_ctx_idx", 10 * lanes)?,
            req_model: input("req_model", 7 * lanes)?,
            slice_codec: self.unless_absent("slice_codec", 1, false)?,
            slice_type: self.unless_absent("slice_type", 2, false)?,
            slice_qp: self.unless_absent("slice_qp", 8, false)?,
            slice_index: self.unless_absent("slice_index", 2, false)?,
            ..Ports::default()
        };
        Ok(match kind {
            cores::Direction::Encoder => Ports {
                req_bin: input("req_bin", lanes)?,
                req_data: input("req_data", 8)?,
                out_valid: output("out_valid", 1)?,
                out_ready: input("out_ready", 1)?,
                out_count: self.count("out_count", bytes)?,
                out_data: output("out_data", 8 * bytes)?,
                out_last: self.optional("out_last", 1)?,
                ..both
            },
            cores::Direction::Decoder => Ports {
                in_valid: input("in_valid", 1)?,
                in_ready: output("in_ready", 1)?,
                in_data: input("in_data", 8)?,
                in_last: input("in_last", 1)?,
                rsp_valid: output("rsp_valid", 1)?,
                rsp_ready: input("rsp_ready", 1)?,
                rsp_count: self.count("rsp_count", lanes)?,
                rsp_bin: output("rsp_bin", lanes)?,
                rsp_data: output("rsp_data", 8)?,
                rsp_error: self.optional("rsp_error", 2 * lanes)?,
                rsp_bits: self.optional("rsp_bits", 32)?,
                ..both
            },
        })
    }

    /// An input that nobody drives would make whatever it is for happen or not.
    fn check_no_other_inputs(&self, kind: cores::Direction, constants: &[String]) -> Result<(), SimError> {
        let both = ["rst", "req_valid", "req_count", "req_kind", "req_ctx_idx", "req_model", "save_ctx_idx"];
        let slice = ["slice_codec", "slice_type", "slice_qp", "slice_index"];
        let own = match kind {
            cores::Direction::Encoder => ["req_bin", "req_data", "out_ready"].as_slice(),
            cores::Direction::Decoder => &["in_valid", "in_data", "in_last", "rsp_ready"],
        };
        let known = |name: &str| {
            let of_socket = [&both[..], &slice, own].into_iter().flatten();
            of_socket.copied().chain(constants.iter().map(String::as_str)).any(|port| port == name)
        };
        let inputs = self.library.ports().iter().filter(|port| port.direction == Direction::Input);
        match inputs.into_iter().find(|port| !known(&port.name)) {
            Some(port) => {
                let what = format!("port {} is no input of the socket; drive it in the wrapper", port.name);
                Err(self.wrong(what))
            }
            None => Ok(()),
        }
    }
}
