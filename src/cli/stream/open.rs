//! Opens a stream. The message on a file that is no stream names its format and, for a container, the command that takes a stream out of
//! it.

use std::{
    io::{BufRead, BufReader, Cursor, Read},
    path::Path,
};

use indicatif::{ProgressBar, ProgressStyle};
use silicabac::context::Codec;
use silicabac::files;
use silicabac::stream::{Stream, codec_of};

use crate::cli::Failure;

/// A stream, and how much of it has been read.
pub(in crate::cli) struct Opened {
    pub(in crate::cli) codec: Codec,
    pub(in crate::cli) bytes: Box<dyn BufRead>,
    pub(in crate::cli) bar: ProgressBar,
}

impl Opened {
    /// Its NAL units.
    pub(in crate::cli) fn units(self) -> Stream<Box<dyn BufRead>> {
        Stream::new(self.codec, self.bytes)
    }
}

/// How much is looked at to see what it is; more than what three packets of a transport stream take.
const LOOK_AHEAD: u64 = 1 << 16;

/// How much is looked at until it is known of which standard the stream is; less than a NAL unit can have.
const MOST_AHEAD: usize = 1 << 23;

/// Opens a stream of either standard; a container of streams is refused with the command that helps.
pub(in crate::cli) fn open(path: &Path) -> Result<Opened, Failure> {
    let source = files::open(path).map_err(|source| Failure::Read { path: path.to_owned(), source })?;
    let length = source.metadata().ok().filter(|metadata| metadata.is_file()).map(|metadata| metadata.len());
    open_from(path, source, length)
}

/// Opens a stream that is read from `source`, of `length` bytes if that is known.
pub(in crate::cli) fn open_from(
    path: &Path,
    source: impl Read + 'static,
    length: Option<u64>,
) -> Result<Opened, Failure> {
    let failed = |source| Failure::Read { path: path.to_owned(), source };
    let bar = match length {
        Some(length) => ProgressBar::new(length)
            .with_style(style("[{wide_bar}] {bytes}/{total_bytes} {bytes_per_sec} {eta}")),
        None => ProgressBar::new_spinner().with_style(style("{spinner} {bytes} {bytes_per_sec}")),
    };
    let mut source = bar.wrap_read(source);
    let mut start = Vec::new();
    source.by_ref().take(LOOK_AHEAD).read_to_end(&mut start).map_err(failed)?;
    // A stream may begin with many bytes that do not show its standard.
    let mut codec = codec_of(&start);
    while codec.is_none() && start.len() < MOST_AHEAD {
        let length = start.len();
        source.by_ref().take(7 * length as u64).read_to_end(&mut start).map_err(failed)?;
        if start.len() == length {
            break;
        }
        codec = codec_of(&start);
    }
    match other_format(&start) {
        Some(Other::Container(format)) => Err(Failure::Container { path: path.to_owned(), format }),
        Some(Other::File(kind)) => Err(Failure::NoVideo { path: path.to_owned(), kind }),
        None => {
            let codec = codec.unwrap_or(Codec::Avc);
            let bytes = Box::new(Cursor::new(start).chain(BufReader::with_capacity(1 << 16, source)));
            Ok(Opened { codec, bytes, bar })
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// What a file is that is no stream.
enum Other {
    Container(&'static str),
    /// A file without a stream in it.
    File(&'static str),
}

fn other_format(start: &[u8]) -> Option<Other> {
    let at = |place: usize, magic: &[u8]| start.get(place..).is_some_and(|start| start.starts_with(magic));
    let has_packets = |first: usize, size: usize| (0..3).all(|packet| at(first + packet * size, &[0x47]));
    let containers = [
        (
            ["ftyp", "moov", "moof", "mdat", "styp", "wide"].iter().any(|kind| at(4, kind.as_bytes())),
            "MP4 or QuickTime",
        ),
        (at(0, &[0x1a, 0x45, 0xdf, 0xa3]), "Matroska or WebM"),
        (at(0, b"FLV"), "FLV"),
        (at(0, b"RIFF") && at(8, b"AVI "), "AVI"),
        (at(0, b"OggS"), "Ogg"),
        (at(0, &[0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11]), "ASF (WMV)"),
        (at(0, b"DKIF"), "IVF"),
        (at(0, &[0x06, 0x0e, 0x2b, 0x34]), "MXF"),
        (at(0, &[0, 0, 1, 0xba]), "an MPEG program stream"),
        (has_packets(0, 188) || has_packets(4, 192), "an MPEG transport stream"),
    ];
    if let Some((_, format)) = containers.iter().find(|(is_one, _)| *is_one) {
        return Some(Other::Container(format));
    }
    // configurationVersion 1, the reserved bits of the record, one SPS or more, and the header of the first after its length.
    let is_record = matches!(start, [1, _, _, _, sizes, count, _, _, header, ..]
        if sizes & 0xfc == 0xfc && count & 0xe0 == 0xe0 && count & 31 > 0 && header & 0x9f == 7);
    let files = [
        (
            is_record,
            "an AVCDecoderConfigurationRecord (avcC), the parameter sets of a stream in an MP4 file without the stream",
        ),
        (at(0, &[0, 0, 1, 0xb3]), "an MPEG-1 or MPEG-2 video stream"),
        (at(0, b"YUV4MPEG2"), "raw video (YUV4MPEG2)"),
        (at(0, b"\x89PNG"), "a PNG image"),
        (at(0, &[0xff, 0xd8, 0xff]), "a JPEG image"),
        (at(0, &[0x1f, 0x8b]), "packed by gzip"),
        (at(0, &[0x28, 0xb5, 0x2f, 0xfd]), "packed by zstd"),
        (at(0, &[0xfd, b'7', b'z', b'X', b'Z']), "packed by xz"),
        (at(0, b"PK\x03\x04"), "a ZIP archive"),
    ];
    files.iter().find(|(is_one, _)| *is_one).map(|(_, kind)| Other::File(kind))
}
