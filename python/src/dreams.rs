//! Dreams: streams that are made up from a seed, legal in every element or broken in exactly one (`docs/dreams.md`).

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use silicabac::context::Codec;
use silicabac::dream as library;
use silicabac::dream::DreamError;
use silicabac::dream::broken::{self, Class};

use crate::arrays::bytes;
use crate::coders::codec;
use crate::errors::guarded;
use crate::errors::raised::{PanicError, UnsupportedError};
use crate::numbers::Int;

fn known(codec: Codec) -> Vec<&'static str> {
    match codec {
        Codec::Avc => library::avc_features().collect(),
        Codec::Hevc => library::hevc_features().collect(),
    }
}

/// Features by their names.
fn wanted(codec: Codec, names: &[String]) -> PyResult<Vec<&'static str>> {
    let known = known(codec);
    let feature = |name: &String| {
        let found = known.iter().find(|known| **known == name).copied();
        found.ok_or_else(|| {
            let all = known.join(", ");
            PyValueError::new_err(format!("no stream of this standard has {name:?}; there are {all}"))
        })
    };
    names.iter().map(feature).collect()
}

fn failed(error: DreamError) -> PyErr {
    match error {
        DreamError::NoSuchStream { .. } | DreamError::Unknown(_) => {
            UnsupportedError::new_err(error.to_string())
        }
        error => PanicError::new_err(error.to_string()),
    }
}

/// The stream of a seed, bytes: one to four small pictures, legal in every element. `codec` is "avc" or "hevc". With `features`, names of
/// `features`, it is the first one of several that has all of them; UnsupportedError if none of them has.
///
/// The same seed and features make the same stream, with the same version.
///
/// >>> import silicabac
/// >>> stream = silicabac.dreams.dream("hevc", 7, ["wpp"])
/// >>> "wpp" in silicabac.dreams.features_of("hevc", stream)
/// True
#[pyfunction]
#[pyo3(signature = (codec, seed, features=Vec::new()), text_signature = "(codec, seed, features=())")]
pub(crate) fn dream<'py>(
    py: Python<'py>,
    codec: &str,
    seed: Int,
    features: Vec<String>,
) -> PyResult<Bound<'py, PyBytes>> {
    let (codec, seed) = (self::codec(codec)?, seed.within("seed", 0..=u64::MAX)?);
    let wanted = wanted(codec, &features)?;
    let stream = guarded(|| {
        py.detach(|| match codec {
            Codec::Avc => library::avc(seed, &wanted),
            Codec::Hevc => library::hevc(seed, &wanted),
        })
        .map_err(failed)
    })?;
    Ok(PyBytes::new(py, &stream))
}

/// The names of all features that streams of a standard can be asked to have.
///
/// >>> import silicabac
/// >>> "mbaff" in silicabac.dreams.features("avc")
/// True
#[pyfunction]
pub(crate) fn features(codec: &str) -> PyResult<Vec<&'static str>> {
    Ok(known(self::codec(codec)?))
}

/// The features that a stream has, of whatever origin.
#[pyfunction]
pub(crate) fn features_of(
    py: Python<'_>,
    codec: &str,
    stream: &Bound<'_, PyAny>,
) -> PyResult<Vec<&'static str>> {
    let (codec, stream) = (self::codec(codec)?, bytes("stream", stream)?);
    let found = guarded(|| {
        Ok(py.detach(|| match codec {
            Codec::Avc => library::features_of_avc(&stream),
            Codec::Hevc => library::features_of_hevc(&stream),
        }))
    })?;
    Ok(found.into_iter().collect())
}

/// Where a decoder should notice what is broken in a stream.
#[pyclass(frozen, get_all, module = "silicabac.dreams")]
pub(crate) struct Broken {
    /// What is broken, one of `broken_kinds`.
    kind: &'static str,
    /// The number of the NAL unit.
    nal_unit: u64,
    /// The address of the macroblock, or None.
    mb_addr: Option<usize>,
    /// CtbAddrInRs of the coding tree unit, or None.
    ctb_addr: Option<u32>,
    /// The element with a wrong value, or None if it is no element.
    element: Option<String>,
    /// What is wrong, in words.
    error: String,
}

#[pymethods]
impl Broken {
    fn __repr__(&self) -> String {
        format!("<Broken {}: {}>", self.kind, self.error)
    }
}

fn classes(codec: Codec) -> &'static [Class] {
    match codec {
        Codec::Avc => &Class::AVC,
        Codec::Hevc => &Class::HEVC,
    }
}

/// The names of what can be broken in a stream of a standard.
///
/// >>> import silicabac
/// >>> "stop-bit" in silicabac.dreams.broken_kinds("avc")
/// True
#[pyfunction]
pub(crate) fn broken_kinds(codec: &str) -> PyResult<Vec<&'static str>> {
    Ok(classes(self::codec(codec)?).iter().map(|class| class.name()).collect())
}

/// A stream of a seed in which one thing is broken, one of `broken_kinds`, and where that is to be noticed (Broken).
///
/// >>> import silicabac
/// >>> stream, broken = silicabac.dreams.broken_dream("avc", 1, "cabac-init-idc")
/// >>> broken.element
/// 'cabac_init_idc'
#[pyfunction]
#[pyo3(signature = (codec, seed, kind, features=Vec::new()), text_signature = "(codec, seed, kind, features=())")]
pub(crate) fn broken_dream<'py>(
    py: Python<'py>,
    codec: &str,
    seed: Int,
    kind: &str,
    features: Vec<String>,
) -> PyResult<(Bound<'py, PyBytes>, Broken)> {
    let (codec, seed) = (self::codec(codec)?, seed.within("seed", 0..=u64::MAX)?);
    let wanted = wanted(codec, &features)?;
    let class = classes(codec).iter().find(|class| class.name() == kind).copied();
    let class = class
        .ok_or_else(|| PyValueError::new_err(format!("nothing that can be broken is called {kind:?}")))?;
    let (stream, broken) = guarded(|| {
        py.detach(|| match codec {
            Codec::Avc => broken::dream(seed, &wanted, class),
            Codec::Hevc => broken::hevc::dream(seed, &wanted, class),
        })
        .map_err(failed)
    })?;
    let broken::Broken { nal_unit, mb_addr, ctb_addr, element, error, .. } = broken;
    let broken = Broken { kind: class.name(), nal_unit, mb_addr, ctb_addr, element, error };
    Ok((PyBytes::new(py, &stream), broken))
}
