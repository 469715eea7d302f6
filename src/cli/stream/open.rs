//! A stream is opened; what is none is named, with the command that takes a stream out of it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
};

use indicatif::{ProgressBar, ProgressStyle};
use silicabac::files;

use crate::cli::Failure;

/// A byte stream, and how much of it has been read.
pub(in crate::cli) type Opened = (Box<dyn BufRead>, ProgressBar);

/// How much is looked at to see what it is; more than what three packets of a transport stream take.
const LOOK_AHEAD: usize = 1 << 16;

/// Opens a byte stream; a container of streams is refused with the command that helps.
pub(in crate::cli) fn open(path: &Path) -> Result<Opened, Failure> {
    let failed = |source| Failure::Read { path: path.to_owned(), source };
    let source = files::open(path).map_err(failed)?;
    let length = source.metadata().ok().filter(|metadata| metadata.is_file()).map(|metadata| metadata.len());
    let bar = match length {
        Some(length) => ProgressBar::new(length)
            .with_style(style("[{wide_bar}] {bytes}/{total_bytes} {bytes_per_sec} {eta}")),
        None => ProgressBar::new_spinner().with_style(style("{spinner} {bytes} {bytes_per_sec}")),
    };
    let mut stream = BufReader::with_capacity(LOOK_AHEAD, bar.wrap_read(source));
    let start = stream.fill_buf().map_err(failed)?;
    match other_format(start) {
        Some(Other::Container(format)) => Err(Failure::Container { path: path.to_owned(), format }),
        Some(Other::File(kind)) => Err(Failure::NoVideo { path: path.to_owned(), kind }),
        Some(Other::Hevc) => Err(Failure::Hevc { path: path.to_owned() }),
        None => Ok((Box::new(stream), bar)),
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// What begins like this is no H.264 stream.
enum Other {
    Container(&'static str),
    /// Nothing that has an H.264 stream in it.
    File(&'static str),
    Hevc,
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
    if let Some((_, kind)) = files.iter().find(|(is_one, _)| *is_one) {
        return Some(Other::File(kind));
    }
    is_hevc(start).then_some(Other::Hevc)
}

/// Whether the first NAL unit begins as those of H.265 do that stand first: a parameter set, a delimiter or supplemental
/// information (nal_unit_type 32 to 35 and 39) of the base layer, nuh_temporal_id_plus1 1. In H.264 these bytes are data
/// partitions, or types that have no nal_ref_idc.
fn is_hevc(start: &[u8]) -> bool {
    let code = start.iter().position(|&byte| byte != 0).filter(|&one| one >= 2 && start[one] == 1);
    let header = code.and_then(|one| start.get(one + 1..one + 3));
    matches!(header, Some([0x40 | 0x42 | 0x44 | 0x46 | 0x4e, 0x01]))
}
