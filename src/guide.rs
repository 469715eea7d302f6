//! The documents of `docs/`, as pages of this documentation.
//!
//! Invariant: a link from a document to another leads to that page. The documents name each other by file, which means something only
//! beside the files. Of two definitions of a link the first counts, so every name is defined before the text.

macro_rules! page {
    ($page:ident, $file:literal, $what:literal) => {
        #[doc = $what]
        #[doc = "

[architecture.md]: crate::guide::architecture
[c.md]: crate::guide::c
[campaigns.md]: crate::guide::campaigns
[dpi.md]: crate::guide::dpi
[dreams.md]: crate::guide::dreams
[streams.md]: crate::guide::streams
[cosimulation.md]: crate::guide::cosimulation
[coverage.md]: crate::guide::coverage
[decoder-core.md]: crate::guide::decoder_core
[encoder-core.md]: crate::guide::encoder_core
[encoder4-core.md]: crate::guide::encoder4_core
[engine.md]: crate::guide::engine
[files.md]: crate::guide::files
[firmware.md]: crate::guide::firmware
[fitting.md]: crate::guide::fitting
[flows.md]: crate::guide::flows
[glossary.md]: crate::guide::glossary
[h265-contexts.md]: crate::guide::h265_contexts
[mutation.md]: crate::guide::mutation
[ppa.md]: crate::guide::ppa
[python.md]: crate::guide::python
[soak.md]: crate::guide::soak
[socket.md]: crate::guide::socket
[trace-format.md]: crate::guide::trace_format
[vectors.md]: crate::guide::vectors
[weights.md]: crate::guide::weights

"]
        #[doc = include_str!(concat!("../docs/", $file))]
        pub mod $page {}
    };
}

page!(architecture, "architecture.md", "The modules of the project, and which may use which.");
page!(
    streams,
    "streams.md",
    "Streams of H.264 and H.265: what is read and written, and how a program edits them."
);
page!(c, "c.md", "The library for C: coders, streams and weights behind a header.");
page!(campaigns, "campaigns.md", "More work than one command does, on one machine or on a farm.");
page!(dreams, "dreams.md", "Streams that are made up, and what decoders make of them.");
page!(
    dpi,
    "dpi.md",
    "The golden coders in SystemVerilog, by DPI-C, and a testbench in plain classes and in UVM."
);
page!(cosimulation, "cosimulation.md", "The options of `silicabac cosim`, and what they print.");
page!(coverage, "coverage.md", "What of the Verilog runs, and the waivers of what does not.");
page!(decoder_core, "decoder-core.md", "The decoder core: its ports and its timing.");
page!(encoder_core, "encoder-core.md", "The encoder core: its ports and its timing.");
page!(encoder4_core, "encoder4-core.md", "The encoder core of four slots: its groups and its stages.");
page!(engine, "engine.md", "How the fast coders work, and how fast they are.");
page!(
    flows,
    "flows.md",
    "The cores and the vectors in flows of others: cocotb, pyuvm, FuseSoC, Bender, AXI4-Stream."
);
page!(glossary, "glossary.md", "What the words mean that code, messages and documents use.");
page!(files, "files.md", "What the command reads and writes by path: files, pipes, devices, signals.");
page!(firmware, "firmware.md", "The coders without the standard library, and their memory.");
page!(fitting, "fitting.md", "What a core can, and how vectors are fitted to it.");
page!(h265_contexts, "h265-contexts.md", "The contexts of H.265, and the number that each has here.");
page!(mutation, "mutation.md", "How good the vectors are: mutants of the cores.");
page!(ppa, "ppa.md", "Area and speed of the cores, in standard cells and in an FPGA.");
page!(
    python,
    "python.md",
    "The package for Python: coders, streams, vectors, traces, coverage, dreams and weights."
);
page!(soak, "soak.md", "A campaign that goes on until it is told to stop, and what has been run of it.");
page!(socket, "socket.md", "The ports that any core can be wrapped in to be judged.");
page!(trace_format, "trace-format.md", "The format of bin traces, CBT1.");
page!(vectors, "vectors.md", "The published vectors: formats and suites.");
page!(weights, "weights.md", "DeepCABAC: quantisers, the container, figures.");
