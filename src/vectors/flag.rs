//! Why a vector exists: the bug that it catches, and how that bug shows.

/// Defines the flags and their notes in one place.
macro_rules! flags {
    ($($name:ident: $bug:literal, $shows:literal;)*) => {
        /// A reason for a vector.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum Flag {
            $(#[doc = concat!("Catches ", $bug, ".")] $name,)*
        }

        impl Flag {
            /// All of them.
            pub const ALL: &'static [Flag] = &[$(Flag::$name),*];

            /// Its name in files.
            pub const fn name(self) -> &'static str {
                match self { $(Flag::$name => stringify!($name)),* }
            }

            /// The bug that it catches.
            pub const fn bug(self) -> &'static str {
                match self { $(Flag::$name => $bug),* }
            }

            /// How that bug shows.
            pub const fn shows(self) -> &'static str {
                match self { $(Flag::$name => $shows),* }
            }
        }
    };
}

flags! {
    OutstandingRun:
        "a run of outstanding bits that is counted, stored or written out wrongly",
        "an encoder's bytes are wrong where the run begins, or it stops for ever";
    LongRun:
        "a counter or buffer that is too small for a run of outstanding bits",
        "an encoder is right for short runs and wrong, or stuck, from some length on";
    FlushPhase:
        "a flush, or a hand-over of the reader's position, that is wrong at one of the eight bit phases",
        "the last byte is wrong, or what follows the slice is read from the wrong bit";
    Forwarding:
        "a context variable that is used before its last update has arrived",
        "a bin a few clocks after another of the same context takes the wrong range";
    BypassRun:
        "a bypass bin at a byte boundary that is lost, doubled or out of order",
        "a bin inside a run of bypass bins is wrong, or the byte that holds it";
    Terminate:
        "a terminate bin that is coded like another, or renormalised wrongly",
        "the bin after it is wrong, or the stream does not end where it should";
    Pcm:
        "raw bytes that are read or written from the wrong place, or an engine that does not start again",
        "the raw bytes are wrong, or the first bin after them";
    Substream:
        "an engine run that begins with something left over from the one before",
        "the first bins of the second engine run are wrong, or its first byte";
    FirstBin:
        "a first bit that is not suppressed, or a wrong one that is",
        "everything is shifted by one bit from the start of an engine run";
    Transition:
        "a wrong entry in the table of LPS ranges or of state transitions, a missed swap of valMPS",
        "the bin after the first use of the entry is wrong";
    Cross:
        "a step that is wrong for one state in one range alone: a carry chain, a minimised table, a bit of an adder",
        "the bin after it is wrong, or codIRange";
    Renormalisation:
        "a shift of 1 to 6 bits that is wrong at some phase of the reader's or writer's buffer",
        "the first bin after the shift is wrong";
    ContextMemory:
        "address bits of the context memory that are lost or exchanged",
        "a context has the state of another";
    Initialisation:
        "a context that gets the initial state of another slice type, initialisation index or QP",
        "the bin that first uses the context is wrong, or one soon after it";
    Alignment:
        "a bypass alignment that is missing, or does not set codIRange to 256",
        "the first bypass bin after it is wrong";
    ShortSlice:
        "a slice so short that the reader's buffer is never full",
        "the core waits for bytes that do not exist, or takes those of the next slice";
    GiveUp:
        "something that a reset, or a slice begun before the last has ended, forgets to clear",
        "the slice after it begins wrongly";
    BrokenOff:
        "something of a slice that is broken off while contexts are initialised, which stays for the next one",
        "after a reset or an early slice, contexts of a slice with another header are those of the one before";
    ManyGiveUps:
        "something small that each slice that is given up leaves in the core, or their number in a few bits",
        "thousands of resets or early slices after power-on, a good slice is wrong";
    Wait:
        "a port that must not wait for long: a counter, a watchdog, a register that holds too little",
        "after some number of clocks in which a port waits, something is lost, comes twice or stops";
    EachWait:
        "a timer that does something in a single clock, or a wait that is counted in few bits",
        "after one particular number of clocks in which a port waits, something is lost, comes twice or is wrong";
    FullPacker:
        "a carry that comes while the output is not taken and nothing more can be stored",
        "a bit of the bytes before the run, or of its own, is wrong";
    Lanes:
        "a bin that is wrong in one lane of those that a core takes at once, or does not see what those before it did",
        "a core of several lanes is wrong where a certain bin comes in a certain lane, and right elsewhere";
    LongSlice:
        "a length of a slice that is counted in a few bits",
        "after some number of bytes or bins of a slice, something is wrong";
    Large:
        "a counter of sixteen bits or more",
        "after 65,536 bits, bytes or bins, something is wrong";
    ManyStarts:
        "a number of engine runs that is counted in a few bits, or something small that each leaves",
        "after hundreds or thousands of them in a slice, the first bits of one are wrong";
    ManySlices:
        "a number of slices that is counted in a few bits, or something small that each slice leaves in the core",
        "hundreds or thousands of slices after a reset, one is wrong";
    VeryManySlices:
        "a number of slices that is counted in sixteen bits",
        "after 65,536 slices without a reset, one is wrong";
    Random:
        "a bug that no other vector is made for",
        "any bin, byte, position or error is wrong";
    Recorded:
        "a bug that only the order and mix of bins in real slices shows",
        "any bin, byte, position or error is wrong";
    Tail:
        "a decoder that uses the bits after the stop bit",
        "an error, or a wrong position, at the end of a good slice";
    Truncated:
        "a decoder that does not notice the end of its slice, or notices it too early",
        "the error comes at another bin, or a byte after the slice is taken";
    OverRead:
        "a decoder that reads beyond the slice without an error, or beyond it before it must",
        "the error comes at another bin";
    Forbidden:
        "a decoder that starts with the nine bits 510 or 511",
        "codIOffset is not below codIRange, and bins mean nothing from there on";
    Misaligned:
        "a decoder that aligns with codIOffset of 256 or more",
        "codIOffset is not below codIRange, and bins mean nothing from there on";
    StickyError:
        "an error that is overwritten by a later one, or cleared before the next slice",
        "the error at the end is not the first one";
    Damaged:
        "a decoder that behaves differently from the oracle on bytes that no encoder makes",
        "a bin is wrong, or the error comes at another bin";
    WrongRequests:
        "a decoder whose state depends on more than the bits that it was asked to read",
        "a bin, the position or the error is wrong";
    Recovery:
        "an error, or a rest of a bad slice, that spoils the good slice after it",
        "the first bins of a good slice are wrong, or an error stays";
}
