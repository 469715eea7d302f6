//! A compiled design in memory.
//!
//! This is the only module with unsafe code, because foreign functions are called through pointers. It is sound for these reasons: the
//! library was built by `design` with the functions of `shim`; slices that are passed to it have the lengths that its ports require; an
//! instance keeps its library loaded and stays on its thread.
#![allow(unsafe_code)]

use std::{
    ffi::{CStr, CString, c_char, c_void},
    path::Path,
    ptr::NonNull,
    sync::Arc,
};

use crate::{Direction, Port, SimError, Stopped, complaints, watch::Calls};

type New = unsafe extern "C" fn(u32) -> *mut c_void;
type Delete = unsafe extern "C" fn(*mut c_void);
type Step = unsafe extern "C" fn(*mut c_void, *const u32, *mut u32) -> *const c_char;
type WriteCoverage = unsafe extern "C" fn(*mut c_void, *const c_char) -> *const c_char;

/// A compiled design, from which instances are made.
#[derive(Clone, Debug)]
pub struct Library {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    top: String,
    /// All ports but the clock.
    ports: Vec<Port>,
    input_words: usize,
    output_words: usize,
    new: New,
    delete: Delete,
    eval: Step,
    clock: Step,
    /// `None` if the design was built without coverage.
    write_coverage: Option<WriteCoverage>,
    /// The last field, since it must be dropped after everything that points into it.
    _library: libloading::Library,
}

impl Library {
    pub(crate) fn load(top: &str, path: &Path, ports: Vec<Port>) -> Result<Library, SimError> {
        let failed = |error: libloading::Error| {
            let reason = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            SimError::Load { path: path.to_owned(), message: format!("{error} {reason}") }
        };
        let words =
            |direction| ports.iter().filter(|port| port.direction == direction).map(Port::words).sum();
        let (input_words, output_words) = (words(Direction::Input), words(Direction::Output));
        // SAFETY: loading runs the initialisers of a library that `design` compiled, which are Verilator's. The types are those with which
        // `shim` declares the functions.
        let shared = unsafe {
            let library = libloading::Library::new(path).map_err(failed)?;
            Shared {
                top: top.to_owned(),
                input_words,
                output_words,
                ports,
                new: *library.get::<New>(b"sim_new").map_err(failed)?,
                delete: *library.get::<Delete>(b"sim_delete").map_err(failed)?,
                eval: *library.get::<Step>(b"sim_eval").map_err(failed)?,
                clock: *library.get::<Step>(b"sim_clock").map_err(failed)?,
                write_coverage: library.get::<WriteCoverage>(b"sim_coverage").ok().map(|found| *found),
                _library: library,
            }
        };
        Ok(Library { shared: Arc::new(shared) })
    }

    /// The ports without the clock. Inputs lie in this order in the words of [`Instance::clock`] and [`Instance::eval`], and so do outputs.
    pub fn ports(&self) -> &[Port] {
        &self.shared.ports
    }

    /// The first word of port `name`, if it has this direction and width.
    ///
    /// # Errors
    /// [`SimError::Port`] otherwise.
    pub fn word_of(&self, name: &str, direction: Direction, width: usize) -> Result<usize, SimError> {
        let wrong = |what: String| SimError::Port { top: self.shared.top.clone(), what };
        let mut word = 0;
        for port in self.ports().iter() {
            if port.name == name {
                if (port.direction, port.width) == (direction, width) {
                    return Ok(word);
                }
                return Err(wrong(format!(
                    "port {name} is an {:?} of {} bits, not an {direction:?} of {width}",
                    port.direction, port.width
                )));
            }
            word += if port.direction == direction { port.words() } else { 0 };
        }
        Err(wrong(format!("there is no port {name} ({direction:?}, {width} bits)")))
    }

    /// The number of words that all inputs take.
    pub fn input_words(&self) -> usize {
        self.shared.input_words
    }

    /// The number of words that all outputs take.
    pub fn output_words(&self) -> usize {
        self.shared.output_words
    }

    /// A new instance. Whatever the design leaves uninitialised begins with random bits from this seed. An instance that stops the
    /// simulation during its construction reports it at its first clock.
    ///
    /// # Panics
    /// If there is no memory for it.
    pub fn instance(&self, seed: u32) -> Instance {
        let calls = Calls::new();
        // SAFETY: `new` has the type that `shim` declares.
        let pointer = calls.during(|| unsafe { (self.shared.new)(seed) });
        Instance {
            pointer: NonNull::new(pointer).expect("memory for an instance"),
            calls,
            shared: self.shared.clone(),
        }
    }
}

/// A module with its state.
#[derive(Debug)]
pub struct Instance {
    pointer: NonNull<c_void>,
    calls: Arc<Calls>,
    shared: Arc<Shared>,
}

impl Instance {
    /// One clock: sets the inputs, reads the outputs as they are before the rising edge, and lets the clock rise. Without a clock input
    /// nothing rises.
    ///
    /// # Errors
    /// [`Stopped`] if the design ended the simulation; its outputs are meaningless from then on.
    ///
    /// # Panics
    /// If the slices do not have [`Library::input_words`] and [`Library::output_words`].
    #[inline]
    pub fn clock(&mut self, inputs: &[u32], outputs: &mut [u32]) -> Result<(), Stopped> {
        self.step(self.shared.clock, inputs, outputs)
    }

    /// The outputs for these inputs and the current registers: a clock without a rising edge. For a module without a clock this is all.
    ///
    /// # Errors
    /// As [`clock`](Self::clock).
    ///
    /// # Panics
    /// As [`clock`](Self::clock).
    #[inline]
    pub fn eval(&mut self, inputs: &[u32], outputs: &mut [u32]) -> Result<(), Stopped> {
        self.step(self.shared.eval, inputs, outputs)
    }

    #[inline]
    fn step(&mut self, step: Step, inputs: &[u32], outputs: &mut [u32]) -> Result<(), Stopped> {
        assert_eq!(inputs.len(), self.shared.input_words, "words of inputs");
        assert_eq!(outputs.len(), self.shared.output_words, "words of outputs");
        // SAFETY: the pointer comes from `new` and is valid until `drop`; the lengths are those that the shim copies.
        let stopped = self
            .calls
            .during(|| unsafe { step(self.pointer.as_ptr(), inputs.as_ptr(), outputs.as_mut_ptr()) });
        if stopped.is_null() {
            return Ok(());
        }
        // SAFETY: a string with a terminating zero, inside the instance.
        let why = unsafe { CStr::from_ptr(stopped) }.to_string_lossy().into_owned();
        Err(Stopped(complaints::with_hints(why)))
    }

    /// Writes the coverage so far, in Verilator's format.
    ///
    /// # Errors
    /// [`SimError::Coverage`] if it cannot be written, or if the design was not built with [`coverage`](crate::Design).
    pub fn write_coverage(&mut self, path: &Path) -> Result<(), SimError> {
        let failed = |message: String| SimError::Coverage { path: path.to_owned(), message };
        let write =
            self.shared.write_coverage.ok_or_else(|| failed("the design was built without it".into()))?;
        let name =
            CString::new(path.as_os_str().as_encoded_bytes()).map_err(|error| failed(error.to_string()))?;
        // SAFETY: the pointer comes from `new` and is valid until `drop`; the name has a terminating zero.
        let stopped = self.calls.during(|| unsafe { write(self.pointer.as_ptr(), name.as_ptr()) });
        if stopped.is_null() {
            return Ok(());
        }
        // SAFETY: a string with a terminating zero, inside the instance.
        Err(failed(unsafe { CStr::from_ptr(stopped) }.to_string_lossy().into_owned()))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // SAFETY: the pointer comes from `new`, and nothing uses it after this.
        self.calls.during(|| unsafe { (self.shared.delete)(self.pointer.as_ptr()) });
    }
}
